"""A target with a bug, to see that the runner finds one: some inputs have no end."""


def one(data):
    while data.startswith(b"seed") and data.endswith(b"!"):
        pass


def seeds():
    yield b"seed."
