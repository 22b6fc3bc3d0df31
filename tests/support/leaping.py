"""
An event loop whose clock can be moved on: two minutes pass at once, and nothing sleeps.

A test module takes it by overriding one fixture:

    @pytest.fixture
    def anyio_backend():
        return LEAPING
"""

import asyncio


class LeapingLoop(asyncio.SelectorEventLoop):
    """Time as usual, and what was leapt over on top."""

    def __init__(self):
        super().__init__()
        self.leapt = 0.0

    def time(self):
        return super().time() + self.leapt

    def leap(self, seconds):
        """Everything due by then is due now, in its order."""
        self.leapt += seconds


LEAPING = "asyncio", {"loop_factory": LeapingLoop}
