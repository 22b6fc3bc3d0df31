"""
What sealing everything between browser and connector costs: `python -m bench.channel`.

One channel, set up as a session does it: the connector's end is the product's, the browser's end is the product's
TypeScript under node, whose WebCrypto and its threads stand in for the browser's. CPU of whole processes.
"""

import json
import os
import secrets
import subprocess
import tempfile
import time
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec

from sudare.base.encoding import b64, unb64
from sudare.wire.channel.channel import OfficeEnd
from sudare.wire.channel.hpke import public_bytes

ROOT = Path(__file__).resolve().parent.parent
WEB, NODE = ROOT / "web", ROOT / ".venv/bin/node"
SIZES = (40, 256, 1024, 2048, 8192)  # an input; what the worker sends: letters up to the largest unit
MESSAGES = 4000


class BrowserSide:
    """The TypeScript end, in a node process."""

    def __init__(self, folder: Path) -> None:
        bundle = folder / "wire.mjs"
        rolldown = [NODE, WEB / "node_modules/.bin/rolldown", "packages/wire/src/index.ts", "--file", bundle]
        subprocess.run([*rolldown, "--format", "esm"], cwd=WEB, check=True, capture_output=True)
        command = [NODE, ROOT / "bench/channel.mjs", bundle]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, question):
        """One line of JSON for another."""
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def stop(self) -> None:
        """End it."""
        self._process.stdin.close()
        self._process.wait()


def sealed(office: OfficeEnd, size: int, path: Path) -> float:
    """Seal messages into a file; CPU microseconds each."""
    messages = [os.urandom(size) for _ in range(MESSAGES)]
    start = time.process_time()
    out = [office.seal(message) for message in messages]
    used = time.process_time() - start
    path.write_bytes(b"".join(out))
    return used / MESSAGES * 1e6


def opened(office: OfficeEnd, size: int, path: Path) -> float:
    """Open what the browser sealed; CPU microseconds each."""
    data, step = path.read_bytes(), size + 16
    messages = [data[at : at + step] for at in range(0, len(data), step)]
    start = time.process_time()
    for message in messages:
        office.open(message)
    return (time.process_time() - start) / len(messages) * 1e6


def main() -> None:
    """Print the table."""
    key, ticket = ec.generate_private_key(ec.SECP256R1()), secrets.token_urlsafe(300)
    with tempfile.TemporaryDirectory(prefix="bench-channel-") as name:
        folder = Path(name)
        browser = BrowserSide(folder)
        first = browser.ask({"sealKey": b64(public_bytes(key)), "ticket": ticket})
        office, _ = OfficeEnd.accept(unb64(first["first"]), key, ticket, unb64(first["cnf"]))
        print("CPU microseconds a message, and of both ends a KB down")
        print("| bytes | connector seals | browser opens | browser seals | connector opens | a KB down |")
        print("|---|---|---|---|---|---|")
        for size in SIZES:
            path = folder / str(size)
            row = [sealed(office, size, path)]
            row += browser.ask({"size": size, "path": str(path)})
            row.append(opened(office, size, path))
            print(
                f"| {size} | " + " | ".join(f"{us:.1f}" for us in row) + f" | {(row[0] + row[1]) * 1024 / size:.1f} |"
            )
        browser.stop()


if __name__ == "__main__":
    main()
