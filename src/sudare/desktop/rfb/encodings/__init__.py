"""One decoder a file; each is a generator that asks for bytes and writes into the picture."""
