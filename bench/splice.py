"""
What the gateway's splice costs beside haproxy, in one run: `python -m bench.splice`; exit status 1 above 1.5 times.

300 sessions, each 10 frames a second down (log-uniform 1 to 20 KB) and 10 inputs of 24 bytes up, TLS on both legs.
Both relays are up all the time and carry the load in turns. CPU is utime+stime of the relay process, by the kernel.
The splice is `sudare.runtime.splice` under the edge's own event loop and TLS (uvloop, aiofastnet). As haproxy does, and
unlike the edge, this relay dials the office leg itself; joined, the two are the same code.
"""

import argparse
import asyncio
import contextlib
import json
import math
import os
import random
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import aiofastnet
import uvloop
from demo.cityhall import certificate
from demo.cityhall.process import Process, answers, free_port

from sudare.runtime.splice import Leg
from sudare.runtime.tasks import Tasks
from sudare.runtime.tls import client_context, server_context

ROOT = Path(__file__).resolve().parent.parent
SMALLEST, LARGEST, INPUT = 1024, 20_480, 24
RATE = 10.0  # frames, and inputs, a second and session
LIMIT = 1.5
TICK = os.sysconf("SC_CLK_TCK")
NOISE = os.urandom(LARGEST)
_HAPROXY = """global
  nbthread 1
  maxconn 4000
defaults
  mode tcp
  timeout connect 10s
  timeout client 1h
  timeout server 1h
frontend devices
  bind 127.0.0.1:{port} ssl crt {pem}
  default_backend office
backend office
  server office 127.0.0.1:{office} ssl verify none
"""


# -- the relay under test -------------------------------------------------------------------------


class Arrival(Leg):
    """A device's connection; it is joined with one to the office."""

    def __init__(self, tasks: Tasks, office: int) -> None:
        super().__init__()
        self._tasks, self._office = tasks, office

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Dial the office."""
        super().connection_made(transport)
        self._tasks.start(self._dial(), name="dial")

    async def _dial(self) -> None:
        loop, tls = asyncio.get_running_loop(), client_context(pinned=True)
        _, leg = await aiofastnet.create_connection(loop, Leg, "127.0.0.1", self._office, ssl=tls)
        self.join(leg)


async def relay(port: int, office: int, tls: ssl.SSLContext) -> None:
    """Serve until killed."""
    loop = asyncio.get_running_loop()
    async with Tasks("relay") as tasks:
        await aiofastnet.create_server(loop, lambda: Arrival(tasks, office), "127.0.0.1", port, ssl=tls, backlog=4096)
        await asyncio.Event().wait()


# -- the load: one process plays every office, one every device -----------------------------------


class End(asyncio.Protocol):
    """One end of a session: counts what arrives."""

    def __init__(self, ends: list["End"]) -> None:
        self._ends = ends
        self.received = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It takes part from now on."""
        self.transport = transport
        self._ends.append(self)

    def data_received(self, data: bytes) -> None:
        """Count."""
        self.received += len(data)

    def connection_lost(self, exc: Exception | None) -> None:
        """It was only a knock at the door."""
        del exc
        self._ends.remove(self)


def sizes(kind: str) -> Iterator[int]:
    """What an office or a device sends, message by message."""
    rng = random.Random(7)
    while True:
        yield INPUT if kind == "devices" else int(math.exp(rng.uniform(math.log(SMALLEST), math.log(LARGEST))))


async def send(ends: list[End], kind: str, seconds: float) -> dict[str, int]:
    """Every end sends in its turn, evenly spread; how many messages and bytes."""
    size, messages, total = sizes(kind), 0, 0
    began = time.monotonic()
    step = 1 / RATE / len(ends)
    while (now := time.monotonic() - began) < seconds:
        while messages * step < now:
            length = next(size)
            ends[messages % len(ends)].transport.write(NOISE[:length])
            messages += 1
            total += length
        await asyncio.sleep(0.001)
    return {"messages": messages, "bytes": total}


async def play(kind: str, ports: list[int], sessions: int, tls: ssl.SSLContext) -> None:
    """Take orders on standard input: `send RELAY SECONDS` or `count RELAY`; one line of JSON answers each."""
    loop = asyncio.get_running_loop()
    groups: list[list[End]] = [[] for _ in ports]
    for port, ends in zip(ports, groups, strict=True):
        if kind == "office":
            await aiofastnet.create_server(loop, lambda ends=ends: End(ends), "127.0.0.1", port, ssl=tls, backlog=4096)
        else:
            for _ in range(sessions):
                await aiofastnet.create_connection(loop, lambda ends=ends: End(ends), "127.0.0.1", port, ssl=tls)
    orders = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    print(json.dumps("ready"), flush=True)
    while line := await orders.readline():
        what, index, *more = line.decode().split()
        ends = groups[int(index)]
        if what == "send":
            answer: object = await send(ends, kind, float(more[0]))
        else:
            answer = {"ends": len(ends), "bytes": sum(end.received for end in ends)}
        print(json.dumps(answer), flush=True)


# -- one run --------------------------------------------------------------------------------------


class Player:
    """A process of the load."""

    def __init__(self, kind: str, folder: Path, ports: list[int], sessions: int) -> None:
        command = [sys.executable, "-m", "bench.splice", "--play", kind, "--folder", str(folder)]
        command += ["--sessions", str(sessions), "--ports", *map(str, ports)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT)
        assert self.answer() == "ready"

    def order(self, text: str) -> None:
        """Tell it."""
        self._process.stdin.write(text + "\n")
        self._process.stdin.flush()

    def answer(self):
        """Its next answer."""
        return json.loads(self._process.stdout.readline())

    def ask(self, text: str):
        """Tell it and wait for the answer."""
        self.order(text)
        return self.answer()

    def stop(self) -> None:
        """End it."""
        self._process.stdin.close()
        self._process.wait()


def cpu_s(process: Process) -> float:
    """CPU time of the process so far."""
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def phase(relays: list[Process], players: tuple[Player, Player], index: int, seconds: float) -> tuple[int, float]:
    """One relay carries the load; frames sent and CPU used. Waits until everything has arrived."""
    office, devices = players
    before = [player.ask(f"count {index}")["bytes"] for player in (devices, office)]
    start = cpu_s(relays[index])
    for player in players:
        player.order(f"send {index} {seconds}")
    frames, inputs = office.answer(), devices.answer()
    want = [before[0] + frames["bytes"], before[1] + inputs["bytes"]]
    deadline = time.monotonic() + 30
    while [player.ask(f"count {index}")["bytes"] for player in (devices, office)] != want:
        if time.monotonic() > deadline:
            raise RuntimeError("not everything arrived")
        time.sleep(0.05)
    return frames["messages"], cpu_s(relays[index]) - start


def start_relays(folder: Path, offices: list[int]) -> tuple[list[Process], list[int]]:
    """Sudare's splice and haproxy, each before its own port of the office."""
    ports = [free_port(), free_port()]
    (folder / "both.pem").write_text((folder / "cert.pem").read_text() + (folder / "key.pem").read_text())
    config = folder / "haproxy.cfg"
    config.write_text(_HAPROXY.format(port=ports[1], office=offices[1], pem=folder / "both.pem"))
    ours = [sys.executable, "-m", "bench.splice", "--play", "relay", "--folder", str(folder), "--ports"]
    relays = [
        Process("splice", [*ours, str(ports[0]), str(offices[0])], folder / "splice.log", cwd=ROOT),
        Process("haproxy", ["haproxy", "-db", "-f", str(config)], folder / "haproxy.log"),
    ]
    for process, port in zip(relays, ports, strict=True):
        process.wait_until(lambda port=port: answers(port))
    return relays, ports


def measure(sessions: int, seconds: float, rounds: int) -> list[list[float]]:
    """CPU microseconds a frame and input, round by round, of the splice and of haproxy."""
    figures: list[list[float]] = [[], []]
    with tempfile.TemporaryDirectory(prefix="bench-splice-") as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        certificate.make(folder, "localhost")
        offices = [free_port(), free_port()]
        office = Player("office", folder, offices, sessions)
        stack.callback(office.stop)
        relays, ports = start_relays(folder, offices)
        for process in relays:
            stack.callback(process.stop)
        devices = Player("devices", folder, ports, sessions)
        stack.callback(devices.stop)
        for turn in range(rounds + 1):
            for index in (0, 1) if turn % 2 else (1, 0):
                frames, cpu = phase(relays, (office, devices), index, seconds if turn else 1)
                if turn:  # the first is for warming up
                    figures[index].append(cpu / frames * 1e6)
    return figures


def main() -> int:
    """The exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sessions", type=int, default=300)
    parser.add_argument("--seconds", type=float, default=6)
    parser.add_argument("--rounds", type=int, default=5)
    for inner in ("--play", "--folder"):
        parser.add_argument(inner, help=argparse.SUPPRESS)
    parser.add_argument("--ports", type=int, nargs="*", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.play:
        folder = Path(options.folder)
        serve = server_context(folder / "cert.pem", folder / "key.pem")
        if options.play == "relay":
            uvloop.run(relay(*options.ports, serve))
        else:
            tls = serve if options.play == "office" else client_context(pinned=True)
            uvloop.run(play(options.play, options.ports, options.sessions, tls))
        return 0
    figures = measure(options.sessions, options.seconds, options.rounds)
    ratios = [ours / theirs for ours, theirs in zip(*figures, strict=True)]
    ratio = sorted(ratios)[len(ratios) // 2]
    print(f"CPU microseconds a frame and input, {options.sessions} sessions, TLS on both legs")
    print("| round | splice | haproxy | ratio |\n|---|---|---|---|")
    for number, row in enumerate(zip(*figures, ratios, strict=True), 1):
        print("| {} | {:.0f} | {:.0f} | {:.2f} |".format(number, *row))
    middle = [sorted(column)[len(column) // 2] for column in figures]
    print(f"| median | {middle[0]:.0f} | {middle[1]:.0f} | {ratio:.2f} |")
    return 1 if ratio > LIMIT else 0


if __name__ == "__main__":
    sys.exit(main())
