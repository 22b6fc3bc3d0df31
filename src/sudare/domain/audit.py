"""
The record of what happened: append-only events `source:subject:action`, chained by hash.

`hash = SHA-256(prev || canonical JSON of the entry)`.
Changing, removing or swapping an entry breaks every hash after it.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum

GENESIS = "0" * 64


class Kind(Enum):
    """Everything that is recorded."""

    SIGNIN_OK = "signin:person:ok"
    SIGNIN_FAILED = "signin:person:failed"
    SIGNOUT = "signin:person:out"
    SESSION_EXPIRED = "signin:session:expired"
    PERSON_CREATED = "people:person:created"
    PERSON_INVITED = "people:person:invited"
    INVITATION_USED = "people:invitation:used"
    CREDENTIAL_ADDED = "people:credential:added"
    CREDENTIAL_REMOVED = "people:credential:removed"
    SECRET_STORED = "people:secret:stored"  # noqa: S105 - the name of an event
    SECRET_REMOVED = "people:secret:removed"  # noqa: S105 - the name of an event
    CONNECTOR_INVITED = "connector:connector:invited"
    CONNECTOR_JOINED = "connector:connector:joined"
    CONNECTOR_RENEWED = "connector:certificate:renewed"
    CONNECTOR_REVOKED = "connector:connector:revoked"
    TARGET_PEOPLE = "connector:target:people"
    TARGET_RECORD = "connector:target:record"
    TARGET_WATERMARK = "connector:target:watermark"
    TARGET_SOUND = "connector:target:sound"
    STREAM_OPENED = "session:stream:opened"


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, before it has its place in the chain."""

    kind: Kind
    tenant: str
    at: float
    actor: str = ""  # person id, or "" for nobody known, or "operator" for the command line
    subject: str = ""
    network: str = ""
    detail: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Entry:
    """An event in its place."""

    seq: int
    event: Event
    prev: str
    hash: str


def chained(event: Event, seq: int, prev: str) -> Entry:
    """The event as the entry after `prev`."""
    return Entry(seq, event, prev, _digest(event, seq, prev))


def first_broken(entries: Iterable[Entry], prev: str = GENESIS, seq: int = 1) -> int | None:
    """The number of the first entry that does not follow from the one before; None when all do."""
    for entry in entries:
        if entry.seq != seq or entry.prev != prev or entry.hash != _digest(entry.event, seq, prev):
            return seq
        prev, seq = entry.hash, seq + 1
    return None


def _digest(event: Event, seq: int, prev: str) -> str:
    body = [
        seq,
        event.kind.value,
        event.tenant,
        f"{event.at:.6f}",
        event.actor,
        event.subject,
        event.network,
        event.detail,
    ]
    canonical = json.dumps(body, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return hashlib.sha256(bytes.fromhex(prev) + canonical.encode()).hexdigest()
