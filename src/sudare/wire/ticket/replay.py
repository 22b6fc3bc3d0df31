"""
Memory of used tickets: each id is good once.

INVARIANT: bounded; when full it refuses new tickets rather than forget one still in force.
"""

from collections import OrderedDict

from sudare.base.errors import SudareError
from sudare.wire.ticket.codec import SKEW_S, Ticket


class ReplayMemory:
    """Ids used until they have expired."""

    def __init__(self, limit: int = 100_000) -> None:
        self._limit = limit
        self._until: OrderedDict[str, float] = OrderedDict()

    def __len__(self) -> int:
        """How many ids are remembered."""
        return len(self._until)

    def use(self, ticket: Ticket, now: float) -> None:
        """Take the ticket. Raises `denied.ticket-replayed` the second time, `busy.sessions` when full."""
        # Expiries come in nearly in order (60 s lives): dropping from the old end is enough to stay small.
        while self._until and next(iter(self._until.values())) < now:
            self._until.popitem(last=False)
        if ticket.jti in self._until:
            raise SudareError("denied.ticket-replayed")
        if len(self._until) >= self._limit:
            raise SudareError("busy.sessions", "too many tickets in force")
        self._until[ticket.jti] = ticket.exp + SKEW_S + 1
