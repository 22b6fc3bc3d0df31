"""
X displays for tests: real Xvfb and Xorg (dummy driver) servers of their own.

`with xvfb() as display`: `display.name` (":N"), `display.authority` (a file with its cookie, when it asks for one),
`display.line()` (a connected socket), `display.kill()`.
"""

import contextlib
import os
import socket
import struct
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen

from tests.support.desktops import _folder, _stopping, start_x

XORG = """
Section "ServerFlags"
  Option "AutoAddDevices" "false"
  Option "AutoAddGPU" "false"
EndSection
Section "Device"
  Identifier "card"
  Driver "dummy"
  VideoRam 65536
EndSection
Section "Monitor"
  Identifier "monitor"
  HorizSync 5.0-1000.0
  VertRefresh 5.0-200.0
EndSection
Section "Screen"
  Identifier "screen"
  Device "card"
  Monitor "monitor"
  DefaultDepth 24
  SubSection "Display"
    Depth 24
    Modes "1024x768"
    Virtual 1920 1200
  EndSubSection
EndSection
"""


@dataclass
class Display:
    """A running X server."""

    name: str
    process: Popen
    folder: Path
    authority: Path | None = None

    def line(self):
        """A connected socket."""
        sock = socket.socket(socket.AF_UNIX)
        sock.connect(f"/tmp/.X11-unix/X{self.name[1:]}")
        return sock

    def kill(self):
        """As if somebody pulled the plug."""
        self.process.kill()
        self.process.wait()


def cookie_file(path, cookie, number="", family=65_535):
    """An Xauthority file with one entry; the empty number stands for every display."""
    parts = (socket.gethostname().encode(), number.encode(), b"MIT-MAGIC-COOKIE-1", cookie)
    path.write_bytes(struct.pack(">H", family) + b"".join(struct.pack(">H", len(p)) + p for p in parts))
    return path


@contextlib.contextmanager
def xvfb(size=(640, 480), cookie=None, options=()):
    """Xvfb, whose screen can be made smaller than `size` but not larger."""
    with _folder() as folder, _stopping([]) as processes:
        command = ["Xvfb", "-screen", "0", f"{size[0]}x{size[1]}x24", "-nolisten", "tcp", "-noreset", *options]
        authority = None
        if cookie is not None:
            authority = cookie_file(folder / "Xauthority", cookie)
            command += ["-auth", str(authority)]
        process, name = start_x(command, folder / "x.log")
        processes.append(process)
        if authority is not None:
            cookie_file(authority, cookie, name[1:], 256)  # as a display manager would write it
        yield Display(name, process, folder, authority)


@contextlib.contextmanager
def xorg():
    """Xorg with the dummy driver: the X server of a real machine, with nothing to show it on."""
    with _folder() as folder, _stopping([]) as processes:
        config = folder / "xorg.conf"
        config.write_text(XORG)
        command = ["Xorg", "-config", str(config), "-noreset", "-nolisten", "tcp", "-logfile", str(folder / "xorg.log")]
        process, name = start_x(command, folder / "x.log", dict(os.environ))
        processes.append(process)
        yield Display(name, process, folder)
