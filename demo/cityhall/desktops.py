"""
Two office PCs: one answers RDP (xrdp), one VNC (TigerVNC). No system user, no root, none of the system's configuration.

The RDP PC is xrdp before a TigerVNC screen. xrdp hands the password it was given to that screen, which checks it: a
wrong one is refused without PAM or a system account, and xrdp shows its own password dialog, as Windows shows its own.
VncAuth reads eight characters, so the passwords here have eight.
"""

import os
import select
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, modes

from demo.cityhall import certificate
from demo.cityhall.process import NotReadyError, Process, answers, free_port
from demo.cityhall.session import Session

PASSWORD_LENGTH = 8
# VNC password files are hidden under this key, the same everywhere, each byte's bits turned round.
_FILE_KEY = bytes(int(f"{byte:08b}"[::-1], 2) for byte in (23, 82, 107, 6, 35, 78, 88, 7))
_XRDP = """[Globals]
ini_version=1
fork=true
port=tcp://127.0.0.1:{port}
tcp_nodelay=true
tcp_keepalive=true
security_layer=tls
crypt_level=high
certificate={certificate}
key_file={key}
ssl_protocols=TLSv1.2, TLSv1.3
autorun=office
allow_channels=true
allow_multimon=false
bitmap_cache=true
bitmap_compression=true
bulk_compression=true
max_bpp=32
new_cursors=true
use_fastpath=both
hidelogwindow=true
ls_title=Office PC
[Logging]
LogFile={log}
LogLevel=INFO
EnableSyslog=false
[Channels]
rdpdr=false
rdpsnd=false
drdynvc=true
cliprdr=true
rail=false
[office]
name=office
{behind}
"""
_BEHIND = """lib=libvnc.so
username=na
password=ask
ip=127.0.0.1
port={screen}
xserverbpp=24"""


@dataclass(frozen=True)
class Look:
    """How one PC's screen differs from another's."""

    wallpaper: str = "#000000"
    memo: str = ""
    width: int = 1280
    height: int = 800
    bare: bool = False  # no desktop on it: somebody else draws there
    fixed: bool = False  # its size stays, however large the window it is looked at through


class PC(Protocol):
    """An office PC: what a connector and a person need to know of it."""

    kind: str
    name: str
    account: str
    password: str
    port: int
    display: str
    pin: str
    resizes: bool

    def stop(self) -> None:
        """Switch it off; idempotent."""


class Screen:
    """A TigerVNC X server with a desktop on it."""

    def __init__(self, folder: Path, name: str, password: str, look: Look, *, security: str, port: int = 0) -> None:
        if len(password) != PASSWORD_LENGTH:
            raise ValueError("VncAuth passwords have eight characters")
        folder.mkdir(parents=True, exist_ok=True)
        self.port = port or free_port()
        self.certificate, self.key, self.pin = certificate.make(folder, name)
        command = [
            "Xvnc",
            "-rfbport",
            str(self.port),
            "-localhost",
            "-depth",
            "24",
            "-AlwaysShared",
            "-nolisten",
            "tcp",
        ]
        command += ["-geometry", f"{look.width}x{look.height}", "-desktop", name, "-SecurityTypes", security]
        command += ["-PasswordFile", str(_password_file(folder, password)), "-FrameRate", "60"]
        command += ["-X509Cert", str(self.certificate), "-X509Key", str(self.key), "-BlacklistThreshold", "1000"]
        self._server, self.display = start_x(command, folder / "x.log")
        self._session: Session | None = None
        try:
            self._server.wait_until(lambda: answers(self.port))
            if not look.bare:
                self._session = Session(folder, self.display, wallpaper=look.wallpaper, memo=look.memo)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End desktop and X server; idempotent."""
        if self._session is not None:
            self._session.stop()
        self._server.stop()


class VNCPC:
    """An office PC that answers VNC with a password, inside TLS with a certificate of its own."""

    kind = "vnc"
    account = ""

    def __init__(self, folder: Path, name: str, password: str, look: Look, port: int = 0) -> None:
        self.name, self.resizes = name, not look.fixed
        self.password = password
        self._screen = Screen(folder, name, password, look, security="X509Vnc", port=port)
        self.port, self.display, self.pin = self._screen.port, self._screen.display, self._screen.pin

    def stop(self) -> None:
        """Switch it off; idempotent."""
        self._screen.stop()


class RDPPC:
    """An office PC that answers RDP inside TLS and refuses a wrong password."""

    kind = "rdp"

    def __init__(self, folder: Path, name: str, login: tuple[str, str], look: Look, port: int = 0) -> None:
        self.name, self.resizes = name, not look.fixed
        self.account, self.password = login
        self._screen = Screen(folder, name, self.password, look, security="VncAuth")
        self.display, self.pin = self._screen.display, self._screen.pin
        self.port = port or free_port()
        identity = self._screen.certificate, self._screen.key
        self._config = xrdp_config(folder, self.port, identity, _BEHIND.format(screen=self._screen.port))
        try:
            self.plug_in()
        except BaseException:
            self._screen.stop()
            raise

    def plug_in(self) -> None:
        """Answer RDP (again)."""
        self._xrdp = start_xrdp(self._config)
        try:
            self._xrdp.wait_until(lambda: answers(self.port))
        except BaseException:
            self._xrdp.stop()
            raise

    def unplug(self) -> None:
        """Answer no more: to the office network this PC is off."""
        self._xrdp.stop()

    def stop(self) -> None:
        """Switch it off; idempotent."""
        self._xrdp.stop()
        self._screen.stop()


def _password_file(folder: Path, password: str) -> Path:
    path = folder / "passwd"
    path.touch(0o600)
    cipher = Cipher(TripleDES(_FILE_KEY * 3), modes.ECB()).encryptor()  # three times one key is single DES
    path.write_bytes(cipher.update(password.encode().ljust(PASSWORD_LENGTH, b"\0")) + cipher.finalize())
    return path


def xrdp_config(folder: Path, port: int, identity: tuple[Path, Path], behind: str) -> Path:
    """The file of an xrdp with this certificate and key, before what `behind` describes in its own words."""
    config = folder / "xrdp.ini"
    text = _XRDP.format(port=port, certificate=identity[0], key=identity[1], log=folder / "xrdp.log", behind=behind)
    config.write_text(text)
    return config


def start_xrdp(config: Path, env: Mapping[str, str] | None = None) -> Process:
    """An xrdp of this file."""
    command = ["/usr/sbin/xrdp", "--nodaemon", "--config", str(config)]
    return Process("xrdp", command, config.with_suffix(".out"), env=env)


def start_x(command: list[str], log: Path, env: Mapping[str, str] | None = None) -> tuple[Process, str]:
    """An X server that picks a free display and tells which."""
    read, write = os.pipe()
    try:
        os.set_inheritable(write, True)
        server = Process(command[0], [*command, "-displayfd", str(write)], log, env=env, keep=(write,))
    finally:
        os.close(write)
    told = b""
    deadline = time.monotonic() + 20
    try:
        while not told.endswith(b"\n"):
            ready, _, _ = select.select([read], [], [], max(0.0, deadline - time.monotonic()))
            piece = os.read(read, 16) if ready else b""
            if not piece:
                server.stop()
                raise NotReadyError(f"{server.name} told no display\n{log.read_text(errors='replace')[-2000:]}")
            told += piece
    finally:
        os.close(read)
    return server, f":{int(told)}"
