"""
The server side of a peer benchmark: one office PC, connector and gateway, as in the demonstration, until SIGTERM.

    python -m bench.office vnc|rdp --address 10.77.0.1 --port 8443 --dir DIR    (DIR/ready.json once all is up)

The PC's screen is 1280x800 with nothing on it; the benchmark draws there.
"""

import argparse
import contextlib
import json
import signal
import threading
from pathlib import Path

from demo.book import open_book
from demo.cityhall import certificate
from demo.cityhall.desktops import PC, VNCPC, Look, start_x, start_xrdp, xrdp_config
from demo.cityhall.process import answers, free_port
from demo.installation import Installation, Place

from demo import people

LOOK = Look(bare=True, fixed=True)
_BEHIND = """lib=libxup.so
username=ask
password=ask
ip=127.0.0.1
port={socket}
code=20"""


class XorgPC:
    """An office PC that answers RDP with xrdp's own X server driver, which knows what changed. Any password will do."""

    kind = "rdp"
    resizes = False

    def __init__(self, folder: Path, name: str, login: tuple[str, str]) -> None:
        folder.mkdir(parents=True)
        self.name = name
        self.account, self.password = login
        self.port = free_port()
        certificate_path, key, self.pin = certificate.make(folder, name)
        env = {"XRDP_SOCKET_PATH": str(folder), "XRDP_START_WIDTH": f"{LOOK.width}"}
        env["XRDP_START_HEIGHT"] = f"{LOOK.height}"
        command = ["Xorg", "-config", "/etc/X11/xrdp/xorg.conf", "-ac", "-noreset", "-nolisten", "tcp"]
        command += ["-logfile", str(folder / "xorg.log")]
        self._x, self.display = start_x(command, folder / "xorg.out", env)
        self._xrdp = None
        try:
            socket = folder / f"xrdp_display_{self.display[1:]}"
            self._x.wait_until(socket.exists)
            behind = _BEHIND.format(socket=socket)
            self._xrdp = start_xrdp(xrdp_config(folder, self.port, (certificate_path, key), behind), env)
            self._xrdp.wait_until(lambda: answers(self.port))
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Switch it off; idempotent."""
        if self._xrdp is not None:
            self._xrdp.stop()
        self._x.stop()


def main() -> None:
    """Bring it up, say so, wait."""
    parser = argparse.ArgumentParser()
    parser.add_argument("kind", choices=("vnc", "rdp"))
    parser.add_argument("--address", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--dir", type=Path, required=True)
    options = parser.parse_args()
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    book = open_book(options.dir)
    book.port = options.port
    with contextlib.ExitStack() as stack:
        name, pc = _pc(options.kind, options.dir, book.rdp, book.vnc)
        stack.callback(pc.stop)
        installation = Installation(options.dir, book, {name: pc}, place=Place(options.address, options.address))
        stack.callback(installation.stop)
        installation.start()
        login = people.YAMADA.login
        ready = {
            "path": f"/pc/{installation.targets[pc.name]}",
            "certificate": str(installation.certificate),
            "login": login,
            "passphrase": book.people[login],
            "account": pc.account,
            "password": pc.password,
            "display": pc.display,
        }
        part = options.dir / "ready.part"
        part.write_text(json.dumps(ready))
        part.rename(options.dir / "ready.json")
        stop.wait()


def _pc(kind: str, folder: Path, rdp: str, vnc: str) -> tuple[str, PC]:
    if kind == "rdp":
        return "kikaku-0123", XorgPC(folder / "rdp", "企画-0123", (people.YAMADA.login, rdp))
    return "fukushi-0456", VNCPC(folder / "vnc", "福祉-0456", vnc, LOOK)


if __name__ == "__main__":
    main()
