"""
Fuzzes one target: `python -m tests.fuzz.run fuzz_tunnel -max_total_time=600` (then libFuzzer's options).

A target is a module here with `one(data)`, which fails by raising, and `seeds()`, which gives what the golden vectors
hold; the seeds are always part of the corpus. A directory given as well is read and gets what is found.
Only our own code and the WebSocket library are instrumented: instrumenting everything takes longer than the run.
"""

import importlib
import sys
import tempfile
from pathlib import Path

import atheris

INSTRUMENTED = ["sudare", "websockets", "tests.fuzz"]


def main(arguments):
    name, *options = arguments
    with atheris.instrument_imports(include=INSTRUMENTED):
        target = importlib.import_module(f"tests.fuzz.{name}")
    with tempfile.TemporaryDirectory(prefix="sudare-fuzz-") as seeds:
        for number, seed in enumerate(target.seeds()):
            (Path(seeds) / f"{number:04}").write_bytes(seed)
        # libFuzzer adds what it finds to the first directory, so the seeds come last.
        atheris.Setup([name, *options, seeds], target.one)
        atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1:])
