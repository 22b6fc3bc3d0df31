"""
Slowing down guessers without letting them lock anyone out.

Three counts are kept for a password attempt:

| key | counts | effect |
|---|---|---|
| account + source network | failures | 5 free, then 1 s, 2 s, 4 s ... 15 min |
| account + known browser | failures | the same, instead of the two others: no stranger can spend it |
| account | a slow budget over all unknown sources | 50, one back every 6 minutes |

Known browsers are OWASP's "device cookies". A passkey is never counted here: it cannot be guessed.
INVARIANT: whatever strangers do, a known browser and a passkey see no delay from it.
INVARIANT: an attempt is charged before the password is looked at, so parallel guesses cannot slip through.
"""

from dataclasses import dataclass

FREE = 5
LONGEST_S = 900.0
FORGET_S = 86_400.0
BUDGET = 50.0
BUDGET_BACK_S = 360.0


@dataclass(frozen=True, slots=True)
class Count:
    """How much was spent under one key, as of `at`."""

    level: float = 0.0
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class Keys:
    """Under which keys one attempt is counted."""

    backoff: str
    budget: str | None

    @property
    def all(self) -> tuple[str, ...]:
        """Every key, in a fixed order (so that two transactions lock rows in the same order)."""
        return (self.backoff,) if self.budget is None else tuple(sorted((self.backoff, self.budget)))


def keys(account: str, network: str, known_browser: str | None) -> Keys:
    """Where an attempt on `account` from `network` counts."""
    if known_browser is not None:
        return Keys(f"known:{account}:{known_browser}", None)
    return Keys(f"pair:{account}:{network}", f"account:{account}")


def backoff_s(failures: float) -> float:
    """Delay after this many failures in a row."""
    over = int(failures) - FREE
    return 0.0 if over < 0 else min(LONGEST_S, 2.0 ** min(over, 20))


def wait_s(where: Keys, counts: dict[str, Count], now: float) -> float:
    """Seconds until this attempt may be made; 0 now."""
    pair = _forgotten(counts.get(where.backoff, Count()), now)
    wait = pair.at + backoff_s(pair.level) - now if pair.level else 0.0
    if where.budget is not None:
        level = _leaked(counts.get(where.budget, Count()), now)
        if level + 1 > BUDGET:
            wait = max(wait, (level + 1 - BUDGET) * BUDGET_BACK_S)
    return max(0.0, wait)


def charged(where: Keys, counts: dict[str, Count], now: float) -> dict[str, Count]:
    """The counts after one more attempt."""
    out = {where.backoff: Count(_forgotten(counts.get(where.backoff, Count()), now).level + 1, now)}
    if where.budget is not None:
        out[where.budget] = Count(_leaked(counts.get(where.budget, Count()), now) + 1, now)
    return out


def refunded(where: Keys, counts: dict[str, Count], now: float) -> dict[str, Count]:
    """The counts after the attempt turned out right: failures in a row begin anew, the budget gets its one back."""
    out = {where.backoff: Count(0.0, now)}
    if where.budget is not None:
        out[where.budget] = Count(max(0.0, _leaked(counts.get(where.budget, Count()), now) - 1), now)
    return out


def _forgotten(count: Count, now: float) -> Count:
    return count if now - count.at < FORGET_S else Count()


def _leaked(count: Count, now: float) -> float:
    return max(0.0, count.level - max(0.0, now - count.at) / BUDGET_BACK_S)
