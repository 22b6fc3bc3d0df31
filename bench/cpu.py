"""
Server CPU and memory of one session, the whole chain, by process, without a browser: `python -m bench.cpu`.

Starts what a real installation has (`bench.office`: an office PC's X server, connector, session process in its cage,
gateway, TLS on every leg), opens one session as a browser would, acknowledges every record RTT later, and reads the
kernel's account of every process, as seconds a minute (60 = one core busy). After each piece of work the records are
applied to the reference client, and its picture must be the X server's, bit for bit.

    python -m bench.cpu [vnc] [rdp] [--against CHECKOUT]     CHECKOUT: another version, measured in turns in one run
"""

import argparse
import asyncio
import base64
import contextlib
import hashlib
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import numpy as np
from cryptography.hazmat.primitives.asymmetric import ec
from demo.browser import Browser
from demo.cityhall.process import Process, free_port
from demo.people import YAMADA
from websockets.frames import Opcode
from websockets.protocol import CLIENT, OPEN, Protocol
from Xlib import X, display

from sudare.pixels.decoder import Client
from sudare.runtime.dial import Gateway, connect
from sudare.runtime.tls import spki_of_file
from sudare.wire.channel.channel import BrowserEnd
from sudare.wire.channel.hpke import public_bytes
from sudare.wire.screen import inputs as i
from sudare.wire.screen import records as r

ROOT = Path(__file__).resolve().parent.parent
TICK = os.sysconf("SC_CLK_TCK")
CAPS = {"zstd": True, "tiles": 4096, "ramp": True, "jpeg": True}
CONNECTOR_MB = 24 * 1024
WORK = ("idle", "type", "scroll", "wide")
LIMIT = {"idle": 1, "type": 1, "scroll": 8}  # seconds a minute we want to stay below
_PARTS = (
    ("sudare.entry.worker", "session"),
    ("connector", "connector"),
    ("gateway", "gateway"),
    ("Xvnc", "X server"),
    ("Xorg", "X server"),
    ("xrdp", "xrdp"),
)


# -- the kernel's account -------------------------------------------------------------------------


def family(root):
    """{process id: its part} of a process and all that come from it."""
    children = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                children.setdefault(parent, []).append(int(entry.name))
    out, todo = {}, [root]
    while todo:
        pid = todo.pop()
        with contextlib.suppress(OSError):
            command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            out[pid] = next((part for word, part in _PARTS if word in command), "other")
        todo += children.get(pid, [])
    return out


def cpu_s(root):
    """{part: CPU seconds so far}."""
    out = {}
    for pid, part in family(root).items():
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            out[part] = out.get(part, 0.0) + sum(map(int, fields[11:15])) / TICK
    return out


def memory_mb(root):
    """{part: (RSS, PSS, private) of its largest process}; the session, not the spare process beside it."""
    out = {}
    for pid, part in family(root).items():
        with contextlib.suppress(OSError):
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
            found = {line.split()[0]: int(line.split()[1]) / 1024 for line in lines[1:]}
            own = found["Private_Clean:"] + found["Private_Dirty:"]
            out[part] = max(out.get(part, (0.0, 0.0, 0.0)), (found["Rss:"], found["Pss:"], own))
    return out


# -- the browser ----------------------------------------------------------------------------------


def text(raw):
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


class Session:
    """One stream: acknowledges, keeps the records, types."""

    def __init__(self, line, channel, rtt_s):
        self._line, self._channel, self._rtt_s = line, channel, rtt_s
        self._frames = Protocol(CLIENT, state=OPEN)
        self._in_seq = 0
        self.kept, self.size, self.pictures = [], 0, 0
        self.active = asyncio.Event()
        self.heard = asyncio.Event()

    def first(self, hello):
        self._write(self._channel.first(json.dumps(hello).encode()))

    def send(self, *items):
        self._write(self._channel.seal(i.encode_all(items)))

    def key(self):
        """Down and up."""
        for down in (True, False):
            self._in_seq = (self._in_seq + 1) & 0xFFFF
            self.send(i.Key(self._in_seq, down, extended=False, scancode=0x1E, keysym=0x61))

    def _write(self, message):
        self._frames.send_binary(message)
        for piece in self._frames.data_to_send():
            self._line.writer.write(piece)

    async def run(self):
        """Until the line ends."""
        while data := await self._line.reader.read(65_536):
            self._frames.receive_data(data)
            for frame in self._frames.events_received():
                if frame.opcode is Opcode.BINARY:
                    self._take(self._channel.open(bytes(frame.data)))

    def _take(self, message):
        self.kept.append(message)
        self.size += len(message)
        self.heard.set()
        newest = 0
        for record in r.decode(message):
            newest = max(newest, record.seq)
            self.pictures += isinstance(record.body, r.Update) and bool(record.flags & (r.Flag.LAST | r.Flag.EXPRESS))
            if isinstance(record.body, r.State) and record.body.state == "active":
                self.active.set()
        if newest:
            asyncio.get_running_loop().call_later(self._rtt_s, self.send, i.Ack(newest, 0))


async def start_desk(screen):
    """The test desktop, drawn."""
    pipe = asyncio.subprocess.PIPE
    desk = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.desk", screen, stdin=pipe, stdout=pipe, cwd=ROOT
    )
    assert await desk.stdout.readline() == b"ready\n"
    return desk


def shown(client, messages):
    """Apply these records."""
    for message in messages:
        for record in r.decode(message):
            raw = r.encode(record)
            pos = 12
            while raw[pos] & 0x80:
                pos += 1
            client.apply(raw[0], raw[1], raw[pos + 1 :])


# -- one installation -----------------------------------------------------------------------------


class Office:
    """`bench.office` of one checkout with one session in it."""

    def __init__(self, kind, checkout, folder):
        self.kind, self.folder, self.port = kind, folder, free_port()
        python = checkout / ".venv/bin/python"
        command = [str(python), "-m", "bench.office", kind, "--address", "127.0.0.1", "--port", str(self.port)]
        self.process = Process("office", [*command, "--dir", str(folder)], folder.with_suffix(".log"), cwd=checkout)
        self.client = Client(CAPS["tiles"])
        self.session = self.running = self.desk = None

    async def open(self, rtt_s):
        """Wait until all is up and the desktop shows."""
        ready = self.folder / "ready.json"
        await asyncio.to_thread(self.process.wait_until, ready.exists, 90)
        self.ready = json.loads(ready.read_text())
        self.desk = await start_desk(self.ready["display"])
        self.x = display.Display(self.ready["display"])
        self.session = await self._stream(rtt_s)
        self.running = asyncio.create_task(self.session.run())
        async with asyncio.timeout(30):
            await self.session.active.wait()

    async def _stream(self, rtt_s):
        url, certificate = f"https://127.0.0.1:{self.port}", Path(self.ready["certificate"])
        target, key = self.ready["path"].removeprefix("/pc/"), ec.generate_private_key(ec.SECP256R1())
        browser = Browser(url, certificate)
        await asyncio.to_thread(browser.sign_in, self.ready["login"], self.ready["passphrase"])
        await asyncio.to_thread(
            browser.keep_secret, "screen", target, self.ready["account"] or YAMADA.login, self.ready["password"]
        )
        asked = {"kind": "screen", "target": target, "cnf": text(hashlib.sha256(public_bytes(key)).digest())}
        told = await asyncio.to_thread(browser.call, "POST", "streams", asked)
        line = await connect(Gateway("127.0.0.1", self.port, spki_of_file(certificate)))
        head = f"GET {told['url']} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nOrigin: {url}\r\nUpgrade: websocket\r\n"
        head += "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
        head += f"Sec-WebSocket-Protocol: sudare-1, {told['ticket']}\r\n\r\n"
        line.writer.write(head.encode())
        answer = await line.reader.readuntil(b"\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 101 "), answer
        seal_key = base64.urlsafe_b64decode(told["seal_key"] + "===")
        session = Session(line, BrowserEnd(seal_key, told["ticket"], key), rtt_s)
        view = {"w": 1280, "h": 800, "scale": 100}
        hello = {"v": 1, "knd": "screen", "view": view, "layout": "us", "caps": CAPS, "credential": told["secret"]}
        session.first(hello)
        return session

    async def order(self, work):
        """Have the desk do this."""
        self.desk.stdin.write(f"{work}\n".encode())
        assert await self.desk.stdout.readline() == f"{work}\n".encode()

    async def quiet(self):
        """Until nothing came for a second."""
        while True:
            self.session.heard.clear()
            try:
                async with asyncio.timeout(1):
                    await self.session.heard.wait()
            except TimeoutError:
                return

    async def measure(self, work, secs):
        """One piece of work: {part: CPU seconds a minute}, kbit/s, pictures a second."""
        await self.order(work)
        await asyncio.sleep(0.5 if work in {"scroll", "wide"} else 0)
        session, began = self.session, time.monotonic()
        before, size, pictures = cpu_s(self.process.pid), session.size, session.pictures
        end = began + secs
        while (left := end - time.monotonic()) > 0:
            if work == "type":
                session.key()
            await asyncio.sleep(min(left, 0.2))
        took = time.monotonic() - began
        after = cpu_s(self.process.pid)
        spent = {part: (after[part] - before.get(part, 0.0)) / took * 60 for part in after}
        figures = spent, (session.size - size) * 8 / 1000 / took, (session.pictures - pictures) / took
        await self.order("idle")
        await self.quiet()
        self.check(work)
        return figures

    def check(self, work):
        """At rest the client shows what the X server has, bit for bit."""
        messages, self.session.kept = self.session.kept, []
        shown(self.client, messages)
        height, width = self.client.frame.shape[:2]
        data = self.x.screen().root.get_image(0, 0, width, height, X.ZPixmap, 0xFFFFFFFF).data
        true = np.frombuffer(data, np.uint8).reshape(height, width, 4)
        wrong = int((true[:, :, :3] != self.client.frame[:, :, :3]).any(axis=2).sum())
        assert not wrong, f"{wrong} pixels differ after {work}"

    async def stop(self):
        """End it."""
        if self.running is not None:
            self.session.send(i.End())
            self.running.cancel()
        if self.desk is not None:
            self.desk.stdin.close()
            await self.desk.wait()
        await asyncio.to_thread(self.process.stop, 30)


async def run(kind, versions, options):
    """{version: {work: [figures]}} and {version: memory}."""
    found = {name: {work: [] for work in options.work} for name in versions}
    memory = {}
    with tempfile.TemporaryDirectory(prefix="bench-cpu-") as folder:
        offices = {}
        try:
            for number, (name, checkout) in enumerate(versions.items()):
                offices[name] = Office(kind, checkout, Path(folder) / f"{number}")
                await offices[name].open(options.rtt_ms / 1000)
                await offices[name].quiet()
            for turn in range(options.rounds):
                for work in options.work:
                    for name in list(versions)[:: -1 if turn % 2 else 1]:
                        found[name][work].append(await offices[name].measure(work, options.secs))
            memory = {name: memory_mb(office.process.pid) for name, office in offices.items()}
        finally:
            for office in offices.values():
                await office.stop()
    return found, memory


def report(kind, found, memory):
    """The tables, and whether all is below the limits."""
    good = True
    print(f"\n### {kind}: CPU seconds a minute, median of the rounds\n")
    for name, works in found.items():
        parts = sorted({part for figures in works.values() for spent, _, _ in figures for part in spent})
        print(f"| {name} | " + " | ".join(parts) + " | **sum** | kbit/s | pictures/s |")
        print("|---" * (len(parts) + 4) + "|")
        for work, figures in works.items():
            row = [median(spent.get(part, 0.0) for spent, _, _ in figures) for part in parts]
            total = median(sum(spent.values()) for spent, _, _ in figures)
            rest = [f"{median(values):.1f}" for values in ([f[1] for f in figures], [f[2] for f in figures])]
            print(
                f"| {work} | "
                + " | ".join(f"{v:.2f}" for v in row)
                + f" | **{total:.2f}** | "
                + " | ".join(rest)
                + " |"
            )
            if name == "here" and total > LIMIT.get(work, 60):
                good = False
        sizes = ", ".join("{} {:.0f} / {:.0f} / {:.0f}".format(part, *found) for part, found in memory[name].items())
        print(f"\nMemory, RSS / PSS / private in MB of the largest process: {sizes}")
        rest = CONNECTOR_MB - memory[name]["connector"][0]
        print(
            f"A connector of {CONNECTOR_MB // 1024} GiB holds {int(rest / memory[name]['session'][2])} such sessions\n"
        )
    return good


def main():
    """The exit status: 1 when something is above what we want."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kinds", nargs="*", default=["vnc"], choices=("vnc", "rdp"))
    parser.add_argument("--against", type=Path, help="another checkout, set up, to be measured in turns")
    parser.add_argument("--secs", type=float, default=8)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--rtt-ms", type=float, default=20)
    parser.add_argument("--work", default=",".join(WORK), type=lambda value: value.split(","))
    options = parser.parse_args()
    versions = {"here": ROOT} | ({"against": options.against.resolve()} if options.against else {})
    good = True
    for kind in options.kinds:
        good &= report(kind, *asyncio.run(run(kind, versions, options)))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
