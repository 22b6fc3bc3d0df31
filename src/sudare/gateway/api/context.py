"""Everything the API's parts share, handed in by the composition root."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field

from sudare.base.secret import Secret
from sudare.domain.ratelimit import RateLimit
from sudare.domain.websession import Limits
from sudare.gateway import ports as edge
from sudare.gateway.api import ports
from sudare.gateway.cuts import Cuts
from sudare.gateway.problems import Sentences
from sudare.gateway.signin import ports as signin
from sudare.gateway.signin.box import Box
from sudare.gateway.signin.flows import Flows
from sudare.gateway.signin.passkeys import Passkeys
from sudare.gateway.signin.passwords import Passwords


@dataclass(frozen=True, slots=True)
class Installation:
    """Who and where we are."""

    tenant: str
    organisation: str
    origin: str  # https://host[:port]
    rp_id: str  # the host
    limits: Limits


@dataclass(frozen=True, slots=True)
class Stores:
    """The repositories."""

    people: signin.People
    credentials: signin.Credentials
    web_sessions: signin.WebSessions
    attempts: signin.Attempts
    connectors: ports.Connectors
    targets: ports.Targets
    secrets: ports.SealedSecrets
    sessions: ports.Sessions
    record: ports.Record


@dataclass(frozen=True, slots=True)
class Keys:
    """What seals and signs."""

    master: Secret[bytes]
    tickets: ports.Tickets
    authority: edge.Authority


class Context:
    """The API's dependencies."""

    def __init__(
        self,
        here: Installation,
        stores: Stores,
        keys: Keys,
        *,
        tunnels: edge.Tunnels,
        cuts: Cuts,
        sentences: Sentences,
        clock: Callable[[], float],
        common_passwords: frozenset[str] = frozenset(),
        passwords: Passwords | None = None,
        random: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        self.here = here
        self.stores = stores
        self.tickets = keys.tickets
        self.authority = keys.authority
        self.tunnels = tunnels
        self.sentences = sentences
        self.clock = clock
        self.common_passwords = common_passwords
        self.passwords = passwords or Passwords()
        self.passkeys = Passkeys(here.rp_id, here.origin)
        self.flows = Flows(Box(keys.master, "flow"), stores.attempts)
        self.totp_box = Box(keys.master, "totp")
        self.known_box = Box(keys.master, "known-browser")
        self.random = random
        self.cuts = cuts
        self.rates = Rates()


@dataclass(frozen=True, slots=True)
class Rates:
    """How often one network, or one person, may ask."""

    strangers: RateLimit = field(default_factory=lambda: RateLimit(burst=120, per_s=4.0))
    joins: RateLimit = field(default_factory=lambda: RateLimit(burst=20, per_s=0.2))
    people: RateLimit = field(default_factory=lambda: RateLimit(burst=120, per_s=10.0))
