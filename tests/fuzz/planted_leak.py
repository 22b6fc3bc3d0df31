"""A target with a bug, to see that the runner finds one: it keeps what it was sent, many times over."""

KEPT = []


def one(data):
    KEPT.append(data * 100_000)


def seeds():
    yield b"seed"
