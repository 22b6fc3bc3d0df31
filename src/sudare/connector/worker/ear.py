"""
What a session's PC plays, on its way to whoever listens.

INVARIANT: sound never waits: what may not leave at once is dropped, so it delays neither typing nor itself.
INVARIANT: nothing leaves before the browser may hear (its ticket's right, its own word) and said that somebody listens.
"""

from collections.abc import Callable
from typing import Final

from sudare.connector.worker.outbox import Outbox
from sudare.wire.screen import records as r

OVERHEAD: Final = 64  # header, seal and frame of a record
TAKE: Final = 5  # packets of 20 ms in a record, at most


class Ear:
    """One session's; `take` gives the newest packets of a source that can be heard."""

    def __init__(self, take: Callable[[], list[bytes]]) -> None:
        self._take = take
        self._number = 0
        self._on = False
        self.may = False

    def attach(self, *, may: bool) -> None:
        """A browser came; it says anew whether somebody listens."""
        self.may, self._on = may, False

    def listen(self, *, on: bool) -> None:
        """Somebody listens, or no longer."""
        self._on = on and self.may

    def pass_on(self, out: Outbox, now: float, *, room: bool) -> None:
        """Send what came since the last call, or drop it."""
        packets = self._take()
        first = self._number
        self._number = (self._number + len(packets)) & 0xFFFFFFFF
        for at in range(0, len(packets), TAKE):
            some = tuple(packets[at : at + TAKE])
            size = OVERHEAD + sum(map(len, some))
            if self._on and room and out.flow.may_send_express(size, now):
                out.record(r.Audio((first + at) & 0xFFFFFFFF, some), now, flags=r.Flag.EXPRESS)
