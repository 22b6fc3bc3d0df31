"""The one place below `entry` that reads a clock."""

import time


def now() -> float:
    """Unix seconds."""
    return time.time()


def monotonic() -> float:
    """Seconds that never go back; only differences mean anything."""
    return time.monotonic()
