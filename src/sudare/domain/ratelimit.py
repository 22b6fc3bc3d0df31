"""
Token buckets by key, bounded in number: how often one network may ask the unauthenticated parts of the API.

INVARIANT: no key is granted more than `burst + rate * time` requests.
INVARIANT: at most `most` keys are held; when full, the oldest full-again ones go first, then the oldest.
"""

from collections import OrderedDict


class RateLimit:
    """Grants by key."""

    def __init__(self, burst: float, per_s: float, most: int = 50_000) -> None:
        self._burst = burst
        self._per_s = per_s
        self._most = most
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, key: str, now: float) -> float:
        """0 when granted, otherwise seconds until the next grant."""
        level, at = self._buckets.pop(key, (self._burst, now))
        level = min(self._burst, level + max(0.0, now - at) * self._per_s)
        at = max(now, at)
        granted = level >= 1
        self._buckets[key] = (level - 1 if granted else level, at)
        while len(self._buckets) > self._most:
            self._buckets.popitem(last=False)
        return 0.0 if granted else (1 - level) / self._per_s

    def __len__(self) -> int:
        """Keys held."""
        return len(self._buckets)
