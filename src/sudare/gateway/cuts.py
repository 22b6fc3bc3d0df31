"""
Ending what was taken back: the store's list is read after every change here and every two seconds besides, so a change
made by the command line or by another node takes hold as well.

INVARIANT: a revocation is acted upon once it was read, however often it is read.
"""

from typing import Protocol

from sudare.domain.revocation import Revocation, Subject
from sudare.gateway.ports import Tunnels


class Revocations(Protocol):
    """The list of what was taken back."""

    async def after(self, number: int) -> list[Revocation]:
        """Everything after this number, in order."""
        ...

    async def latest(self) -> int:
        """The number of the newest one."""
        ...


class Cuts:
    """Carries revocations to the tunnels."""

    def __init__(self, revocations: Revocations, tunnels: Tunnels) -> None:
        self._revocations = revocations
        self._tunnels = tunnels
        self._seen: int | None = None

    async def start(self) -> None:
        """At the start of a node nothing runs yet: begin after the newest."""
        self._seen = await self._revocations.latest()

    async def apply(self) -> None:
        """End whatever was taken back since the last time."""
        if self._seen is None:
            await self.start()
            return
        for one in await self._revocations.after(self._seen):
            self._seen = max(self._seen, one.number)
            if one.kind is Subject.CONNECTOR:
                self._tunnels.drop(one.subject)
            elif one.kind is Subject.PERSON:
                self._tunnels.cut(person=one.subject)
            else:
                self._tunnels.cut(session=one.subject)
