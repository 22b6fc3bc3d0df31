"""
Records what a real TigerVNC says into tests/vectors/rfb: run it by hand, `python -m tests.support.record_rfb`.

`<name>.bin` the server's bytes, `<name>.bgr` the picture at the end, `<name>.json` its size.
"""

import asyncio
import json
from pathlib import Path

import numpy as np
from tests.support.desktops import xvnc
from tests.support.screens import Screen, known_picture

from sudare.base.secret import Secret
from sudare.connector.worker import vnc
from sudare.desktop.rfb.client import COMPACT, PLAIN
from sudare.desktop.rfb.messages import Encoding

FOLDER = Path(__file__).parents[1] / "vectors" / "rfb"
W, H = 96, 72


async def record(name, prefer):
    heard = bytearray()
    with xvnc(size=(W, H)) as pc, Screen(pc.display) as screen:
        changed = asyncio.Event()
        original = vnc.VNCDesktop.data_received

        def listening(self, data):
            heard.extend(data)
            original(self, data)

        vnc.VNCDesktop.data_received = listening
        try:
            desktop = await vnc.open_vnc(
                (pc.host, pc.port), password=Secret(pc.password), user="", tls="none", pin="first-use",
                on_change=changed.set, prefer=prefer,
            )  # fmt: skip
            for step in range(4):
                screen.paint(known_picture(W, H, seed=step)) if step % 2 == 0 else screen.scroll(7)
                async with asyncio.timeout(10):
                    while not (desktop.frame[:, :, :3] == screen.grab()).all():
                        await changed.wait()
                        changed.clear()
            (FOLDER / f"{name}.bin").write_bytes(heard)
            (FOLDER / f"{name}.bgr").write_bytes(np.ascontiguousarray(desktop.frame[:, :, :3]).tobytes())
            (FOLDER / f"{name}.json").write_text(json.dumps({"w": W, "h": H}) + "\n")
            desktop.close()
        finally:
            vnc.VNCDesktop.data_received = original


async def main():
    await record("tigervnc-zrle", (Encoding.COPY_RECT, Encoding.ZRLE, Encoding.ZLIB, Encoding.RAW))
    await record("tigervnc-tight", COMPACT)
    await record("tigervnc-raw", PLAIN)


if __name__ == "__main__":
    asyncio.run(main())
