"""
What a scrolling page costs the office PC, the session and the network between them, by RFB encoding:
`python -m bench.encodings`.

A TigerVNC X server inside TLS, our client in this process, nothing behind it. CPU seconds a minute of both, Mbit/s
between them, and pictures a second: a server that cannot keep up shows fewer, so compare the sum divided by them.
"""

import argparse
import asyncio
import os
import tempfile
import time
from pathlib import Path

from demo.cityhall.desktops import VNCPC, Look

from bench.cpu import cpu_s, start_desk
from sudare.base.secret import Secret
from sudare.connector.worker import vnc
from sudare.desktop.rfb.client import COMPACT, PLAIN
from sudare.desktop.rfb.messages import Encoding

LEVEL_0, LEVEL_2 = -256, -254  # pseudo-encodings the client itself does not use
CASES = {
    "Raw (PLAIN)": PLAIN,
    "Raw, open-ended updates": (*PLAIN, Encoding.LAST_RECT),
    "ZRLE, the server's level": (Encoding.COPY_RECT, Encoding.ZRLE, Encoding.RAW),
    "ZRLE, level 1": (Encoding.COPY_RECT, Encoding.ZRLE, Encoding.RAW, Encoding.COMPRESS_LEVEL_1),
    "Tight, level 0": (Encoding.COPY_RECT, Encoding.TIGHT, Encoding.RAW, LEVEL_0),
    "Tight, level 1 (COMPACT)": COMPACT,
    "Tight, level 1, open-ended updates": (*COMPACT, Encoding.LAST_RECT),
    "Tight, level 2": (Encoding.COPY_RECT, Encoding.TIGHT, Encoding.RAW, LEVEL_2),
}


class Counted(vnc.VNCDesktop):
    """Counts bytes and updates."""

    size = pictures = 0

    def data_received(self, data):
        """Feed the machine; look at what is new at once, as the session would."""
        Counted.size += len(data)
        super().data_received(data)
        Counted.pictures += bool(self.take_damage().rects)


async def measure(pc, prefer, secs):
    """(X server s/min, session s/min, Mbit/s, pictures/s)."""
    loop = asyncio.get_running_loop()
    original, vnc.VNCDesktop = vnc.VNCDesktop, Counted
    try:
        desktop = await vnc.open_vnc(
            ("127.0.0.1", pc.port), password=Secret(pc.password), user="", tls="require", pin=pc.pin,
            on_change=lambda: None, prefer=prefer,
        )  # fmt: skip
    finally:
        vnc.VNCDesktop = original
    await asyncio.sleep(1)
    server, size, pictures = cpu_s(os.getpid())["X server"], Counted.size, Counted.pictures
    began, spent = loop.time(), time.process_time()
    await asyncio.sleep(secs)
    took, spent = loop.time() - began, time.process_time() - spent
    per_minute = 60 / took
    found = (
        (cpu_s(os.getpid())["X server"] - server) * per_minute,
        spent * per_minute,
        (Counted.size - size) * 8e-6 / took,
        (Counted.pictures - pictures) / took,
    )
    desktop.close()
    return found


async def run(options):
    """Print the table of one kind of work."""
    with tempfile.TemporaryDirectory(prefix="bench-encodings-") as folder:
        pc = VNCPC(Path(folder) / "pc", "PC", "12345678", Look(bare=True, fixed=True))
        desk = await start_desk(pc.display)
        try:
            for work in options.work:
                desk.stdin.write(f"{work}\n".encode())
                print(f"\n| {work} | X server s/min | session s/min | Mbit/s | pictures/s | s a 1000 pictures |")
                print("|---" * 6 + "|")
                for name, prefer in CASES.items():
                    server, session, rate, pictures = await measure(pc, prefer, options.secs)
                    both = (server + session) / 60 / pictures * 1000
                    print(
                        f"| {name} | {server:.1f} | {session:.1f} | {rate:.1f} | {pictures:.1f} | {both:.1f} |",
                        flush=True,
                    )
        finally:
            desk.stdin.close()
            await desk.wait()
            pc.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--secs", type=float, default=6)
    parser.add_argument("--work", default="scroll,wide", type=lambda value: value.split(","))
    asyncio.run(run(parser.parse_args()))


if __name__ == "__main__":
    main()
