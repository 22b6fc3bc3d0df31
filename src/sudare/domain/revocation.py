"""Something that was allowed and is no longer: whatever runs on the strength of it ends."""

from dataclasses import dataclass
from enum import Enum


class Subject(Enum):
    """What ends."""

    SESSION = "session"  # one use of one target
    PERSON = "person"  # every stream of a person
    CONNECTOR = "connector"  # a connector with all its streams


@dataclass(frozen=True, slots=True)
class Revocation:
    """One of them; numbers only grow."""

    number: int
    kind: Subject
    subject: str
