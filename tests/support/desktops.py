"""
Office PCs for tests: real Xvnc, xrdp and FreeRDP shadow servers with an X display each.

`with xvnc(...) as pc`: `pc.host`, `pc.port`, `pc.password`, `pc.user`, `pc.display`, `pc.certificate` (`sha256:<hex>`
or None). Ports and displays are free ones; on leaving, only what was started here is stopped.
"""

import contextlib
import hashlib
import os
import select
import shutil
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.x509 import CertificateBuilder, Name, NameAttribute, random_serial_number
from cryptography.x509.oid import NameOID

START_S = 20.0
PASSWORD = "sudare-1"
USER = "tanaka"


@dataclass
class PC:
    """A running server."""

    host: str
    port: int
    password: str
    user: str
    display: str
    certificate: str | None
    processes: list[subprocess.Popen] = field(default_factory=list)
    log: Path | None = None

    def kill(self):
        """As if somebody pulled the plug."""
        for process in reversed(self.processes):
            process.kill()
            process.wait()


def free_port():
    """A port nobody listens on."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for_port(port, process, log, seconds=START_S):
    """Until the server accepts; raises when it died or took too long."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if process.poll() is not None:
            raise RuntimeError(f"server ended with {process.returncode}:\n{log.read_text(errors='replace')[-2000:]}")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.02)
    raise RuntimeError("server did not listen in time")


def wait_until(condition, seconds=START_S):
    """Poll with a deadline; the last value."""
    until = time.monotonic() + seconds
    while not (value := condition()) and time.monotonic() < until:
        time.sleep(0.02)
    return value


def make_certificate(folder):
    """A self-signed certificate: (cert path, key path, `sha256:<hex>`)."""
    from datetime import datetime, timedelta, timezone

    key = rsa.generate_private_key(65537, 2048)
    name = Name([NameAttribute(NameOID.COMMON_NAME, "office-pc.test")])
    now = datetime.now(timezone.utc)
    cert = (
        CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .sign(key, hashes.SHA256())
    )
    cert_path, key_path = folder / "cert.pem", folder / "key.pem"
    cert_path.write_bytes(cert.public_bytes(serialization.Encoding.PEM))
    key_path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    der = cert.public_bytes(serialization.Encoding.DER)
    return cert_path, key_path, "sha256:" + hashlib.sha256(der).hexdigest()


def vnc_password_file(folder, password):
    """The file `-PasswordFile` wants: the password under a key the whole world knows."""
    key = bytes(int(f"{b:08b}"[::-1], 2) for b in (23, 82, 107, 6, 35, 78, 88, 7))
    encryptor = Cipher(TripleDES(key * 3), modes.ECB()).encryptor()
    path = folder / "passwd"
    path.write_bytes(encryptor.update(password.encode()[:8].ljust(8, b"\0")) + encryptor.finalize())
    return path


def start(command, log, **more):
    """A process with its output in `log`."""
    with log.open("ab") as out:
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, **more)


def start_x(command, log, env=None):
    """An X server on a display it picks itself: (process, ":N")."""
    read, write = os.pipe()
    try:
        process = start([*command, "-displayfd", str(write)], log, pass_fds=[write], env=env)
    finally:
        os.close(write)
    digits = b""
    until = time.monotonic() + START_S
    try:
        while not digits.endswith(b"\n"):
            ready, _, _ = select.select([read], [], [], max(0.0, until - time.monotonic()))
            chunk = os.read(read, 16) if ready else b""
            if not chunk:
                process.kill()
                process.wait()
                raise RuntimeError(f"no display:\n{log.read_text(errors='replace')[-2000:]}")
            digits += chunk
    finally:
        os.close(read)
    return process, f":{int(digits)}"


@contextlib.contextmanager
def _folder():
    path = Path(tempfile.mkdtemp(prefix="sudare-pc-"))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


@contextlib.contextmanager
def _stopping(processes):
    try:
        yield processes
    finally:
        for process in reversed(processes):
            process.terminate()
        for process in reversed(processes):
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@contextlib.contextmanager
def xvnc(size=(640, 480), security="VncAuth", password=PASSWORD, options=()):
    """TigerVNC's server. `security` as its SecurityTypes: None, VncAuth, TLSVnc, X509Vnc, X509None, ..."""
    with _folder() as folder, _stopping([]) as processes:
        cert, key, fingerprint = make_certificate(folder)
        port = free_port()
        command = [
            "Xvnc", "-geometry", f"{size[0]}x{size[1]}", "-depth", "24", "-rfbport", str(port), "-localhost",
            "-SecurityTypes", security, "-PasswordFile", str(vnc_password_file(folder, password)), "-X509Cert",
            str(cert), "-X509Key", str(key), "-AlwaysShared", "-BlacklistThreshold", "1000", *options,
        ]  # fmt: skip
        process, display = start_x(command, folder / "log")
        processes.append(process)
        wait_for_port(port, process, folder / "log")
        yield PC(
            "127.0.0.1", port, password, "", display, fingerprint if "X509" in security else None, processes,
            folder / "log",
        )  # fmt: skip


_XRDP_INI = """
[Globals]
ini_version=1
fork=false
port=tcp://127.0.0.1:{port}
tcp_nodelay=true
security_layer={security}
crypt_level=high
certificate={cert}
key_file={key}
ssl_protocols=TLSv1.2, TLSv1.3
autorun=office
allow_channels=true
allow_multimon=true
bitmap_cache=true
bitmap_compression=true
bulk_compression=true
max_bpp=32
new_cursors=true
use_fastpath=both
[Logging]
LogFile={log}
LogLevel=INFO
EnableSyslog=false
[Channels]
rdpdr=true
rdpsnd=true
drdynvc=true
cliprdr=true
[office]
name=office
lib=libxup.so
username={user}
password={password}
ip=127.0.0.1
port={socket}
code=20
"""


@contextlib.contextmanager
def xrdp(size=(800, 600), user="ask", password="ask", security="tls", *, login_dialog=False):
    """
    xrdp before Xorg with xorgxrdp, without its session manager and PAM: any name and password will do.

    `login_dialog`: xrdp shows its own dialog first, as it does after a wrong password.
    """
    with _folder() as folder, _stopping([]) as processes:
        cert, key, fingerprint = make_certificate(folder)
        log, x_log, port = folder / "xrdp.log", folder / "x.log", free_port()
        env = dict(os.environ, XRDP_SOCKET_PATH=str(folder), XRDP_START_WIDTH=str(size[0]))
        env["XRDP_START_HEIGHT"] = str(size[1])
        x, display = start_x(
            ["Xorg", "-config", "/etc/X11/xrdp/xorg.conf", "-noreset", "-nolisten", "tcp", "-logfile", str(x_log)],
            folder / "x.out", env,
        )  # fmt: skip
        processes.append(x)
        path = folder / f"xrdp_display_{display[1:]}"
        if not wait_until(path.exists):
            raise RuntimeError(x_log.read_text(errors="replace")[-2000:])
        ini = folder / "xrdp.ini"
        text = _XRDP_INI.format(
            port=port, cert=cert, key=key, log=log, socket=path, user=user, password=password, security=security
        )
        ini.write_text(text.replace("autorun=office", "autorun=") if login_dialog else text)
        server = start(["xrdp", "-n", "-c", str(ini)], folder / "xrdp.out")
        processes.append(server)
        wait_for_port(port, server, folder / "xrdp.out")
        yield PC("127.0.0.1", port, PASSWORD, USER, display, fingerprint, processes, log)


def nt_hash(password):
    """MD4 of the password in UTF-16LE, as FreeRDP's SAM file wants it."""
    out = subprocess.run(
        ["winpr-hash", "-u", USER, "-p", password, "-f", "default"], capture_output=True, text=True, check=True
    )
    return out.stdout.strip()


@contextlib.contextmanager
def shadow(size=(640, 480), security="nla", password=PASSWORD):
    """FreeRDP's shadow server on an Xvfb of its own; `security` is nla or tls."""
    with _folder() as folder, _stopping([]) as processes:
        # The shadow server looks at the display, lets go and comes again: a reset between the two would refuse it.
        screen = ["-screen", "0", f"{size[0]}x{size[1]}x24"]
        x, display = start_x(["Xvfb", *screen, "-nolisten", "tcp", "-noreset"], folder / "x.out")
        processes.append(x)
        sam = folder / "sam"
        sam.write_text(f"{USER}:::{nt_hash(password)}:::\n")
        port = free_port()
        env = dict(os.environ, DISPLAY=display, HOME=str(folder))
        command = ["freerdp-shadow-cli", f"/port:{port}", "/bind-address:127.0.0.1", f"/sec:{security}"]
        command += [f"/sam-file:{sam}"] if security == "nla" else ["-auth"]
        server = start(command, folder / "shadow.log", env=env)
        processes.append(server)
        wait_for_port(port, server, folder / "shadow.log")
        yield PC("127.0.0.1", port, password, USER, display, None, processes, folder / "shadow.log")
