"""
Argon2id in threads, two at a time: a storm of sign-ins queues instead of eating the memory.

INVARIANT: an unknown login takes the time of a known one.
"""

import anyio
import anyio.to_thread
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from sudare.base.secret import Secret


class Passwords:
    """
    Hashes and verifies.

    The parameters are OWASP's (19 MiB, 2 passes, 1 lane): 24 ms of CPU here. RFC 9106's second choice (64 MiB, 3
    passes, 4 lanes) took 169 ms: two cores then serve ten sign-ins a second where twenty are wanted.
    """

    def __init__(self, hasher: PasswordHasher | None = None, at_once: int = 2) -> None:
        self._hasher = hasher or PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
        self._limiter = anyio.CapacityLimiter(at_once)
        self._dummy = self._hasher.hash("nobody has this password")

    async def hash(self, password: Secret[str]) -> str:
        """The hash to store."""
        return await anyio.to_thread.run_sync(lambda: self._hasher.hash(password.reveal()), limiter=self._limiter)

    async def verify(self, stored: str | None, password: Secret[str]) -> bool:
        """Whether the password is right; None (nobody) takes as long and is never right."""
        right = await anyio.to_thread.run_sync(self._verify, stored or self._dummy, password, limiter=self._limiter)
        return right and stored is not None

    def outdated(self, stored: str) -> bool:
        """Whether today's parameters are stronger than this hash's."""
        return self._hasher.check_needs_rehash(stored)

    def _verify(self, stored: str, password: Secret[str]) -> bool:
        try:
            return self._hasher.verify(stored, password.reveal())
        except (VerificationError, InvalidHashError):
            return False
