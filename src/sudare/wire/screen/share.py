"""
One line of an office shared by its sessions: max-min fair.

Whoever wants little gets it; what is left is shared equally among those who want more, so that nobody can take
another's share by wanting a lot.
"""

from collections.abc import Mapping
from typing import TypeVar

K = TypeVar("K")


def shares(budget: float, wants: Mapping[K, float]) -> dict[K, float]:
    """What each may use; together at most `budget`, and nobody more than it wants. `inf` wants all there is."""
    out: dict[K, float] = {}
    left = budget
    for place, (key, want) in enumerate(sorted(wants.items(), key=lambda item: item[1])):
        out[key] = min(want, left / (len(wants) - place))
        left -= out[key]
    return out
