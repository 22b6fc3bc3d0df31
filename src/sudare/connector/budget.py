"""
The office's line, shared by the sessions of this connector (`[line] kbit` of connector.toml).

While together they send little nobody is limited. When the line gets full each is told its fair share
(`sudare.wire.screen.share`); whoever does not use its share leaves it to the others. At rest no timer runs.
INVARIANT: only what can wait is limited; answers to a key go at once, and count.
"""

import asyncio
from collections.abc import Callable
from typing import Final

from sudare.wire.screen.share import shares

LOOK_S: Final = 0.5
_FULL: Final = 0.85  # of the budget, or of a share: it might want more
_EMPTY: Final = 0.6  # of the budget: perhaps nobody needs to be limited any longer
_CALM: Final = 4  # looks it stays so before nobody is
_MORE, _LEAST_KBIT = 1.25, 200.0  # what somebody may want who does not use all


class Share:
    """One session's part of the line; `tell(kbit)` gives it a limit, `tell(None)` takes it away."""

    def __init__(self, tell: Callable[[int | None], None], woken: Callable[[], None]) -> None:
        self._tell = tell
        self._woken = woken
        self.limit: float | None = None
        self.used = 0  # bytes since the last look

    def passed(self, size: int) -> None:
        """Bytes went out."""
        self.used += size
        self._woken()

    def give(self, kbit: float | None) -> None:
        """A new limit; one that is about the old one is not worth telling."""
        old, self.limit = self.limit, kbit
        if (old is None) != (kbit is None) or (kbit is not None and old is not None and abs(kbit - old) > 0.05 * old):
            self._tell(None if kbit is None else max(1, round(kbit)))
        elif kbit is not None:
            self.limit = old

    def want(self, used_kbit: float) -> float:
        """What it might use."""
        hungry = self.limit is not None and used_kbit >= _FULL * self.limit
        return float("inf") if hungry else used_kbit * _MORE + _LEAST_KBIT


class Budget:
    """All shares; `kbit` is what the line carries, None: it is nobody's concern."""

    def __init__(self, kbit: int | None) -> None:
        self._kbit = kbit
        self._shares: set[Share] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._calm = 0  # looks in a row at a line with room

    def join(self, tell: Callable[[int | None], None]) -> Share:
        """One more session."""
        share = Share(tell, self._woken)
        self._shares.add(share)
        return share

    def leave(self, share: Share) -> None:
        """It is over."""
        self._shares.discard(share)

    def close(self) -> None:
        """No more looks."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _woken(self) -> None:
        if self._kbit is not None and self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(LOOK_S, self._look)

    def _look(self) -> None:
        self._timer = None
        if self._kbit is None:
            return
        used = {share: share.used * 8 / 1000 / LOOK_S for share in self._shares}
        for share in self._shares:
            share.used = 0
        together = sum(used.values())
        self._calm = self._calm + 1 if together < _EMPTY * self._kbit else 0
        limited = any(share.limit is not None for share in self._shares)
        if together >= _FULL * self._kbit or (limited and self._calm < _CALM):
            fair = shares(self._kbit, {share: share.want(kbit) for share, kbit in used.items()})
            # What nobody wants now is there for whoever wants it next.
            spare = (self._kbit - sum(fair.values())) / max(1, len(fair))
            for share, kbit in fair.items():
                share.give(kbit + spare)
        else:
            for share in self._shares:
                share.give(None)
        if any(share.limit is not None for share in self._shares):
            self._woken()
