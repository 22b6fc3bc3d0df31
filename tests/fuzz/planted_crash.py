"""A target with a bug, to see that the runner finds one: it raises at what no seed holds."""


def one(data):
    if data.startswith(b"seed") and data.endswith(b"!"):
        raise ValueError("planted")


def seeds():
    yield b"seed."
