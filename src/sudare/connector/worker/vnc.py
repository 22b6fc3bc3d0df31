"""
Moves bytes between an office PC's VNC server and the RFB machine, and puts TLS on the line when the machine says so.

INVARIANT: a certificate is judged before the first byte that follows it is sent.
"""

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Callable
from typing import cast

import aiofastnet

from sudare.base.errors import SudareError
from sudare.base.secret import Secret
from sudare.desktop.pin import Pin, fingerprint_of
from sudare.desktop.rfb.client import COMPACT, PLAIN, RFBClient
from sudare.desktop.rfb.messages import Encoding
from sudare.desktop.rfb.security import TLS, Credentials, StartTLS
from sudare.desktop.source import Damage, Frame, Phase

_OPEN_TIMEOUT_S = 15.0
_BUFFER = 1 << 18
_RECORD = 1 << 15  # more than what TLS may hold back of bytes that came: the start of one record of 2^14
_MANY = 1 << 17


class VNCDesktop(asyncio.BufferedProtocol):
    """A VNC session as a `DesktopSource`; `on_change` is called whenever there is damage or the phase changed."""

    def __init__(self, client: RFBClient, on_change: Callable[[], None]) -> None:
        self._client = client
        self._on_change = on_change
        self._transport: asyncio.Transport | None = None
        self._step = asyncio.Event()  # TLS is wanted, or the phase changed
        self._tls: list[StartTLS] = []
        self.certificate: str | None = None  # `sha256:<hex>` of what the PC showed
        self._buffer = memoryview(bytearray(_BUFFER))
        self._patience = 1

    # --- asyncio.BufferedProtocol ---

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The line is there (called once more when TLS replaces it)."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is not a subclass

    def get_buffer(self, sizehint: int) -> memoryview:
        """Where the line is to write; the machine keeps nothing of it."""
        del sizehint
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        """So much was written there."""
        self.data_received(self._buffer[:nbytes])
        self._wait_for(self._client.missing - _RECORD)

    def _wait_for(self, size: int) -> None:
        """
        Be woken by that many bytes, not by each: a PC that draws sends records of 16 KB, and we would run for each.

        INVARIANT: never by more than will come without a word from us.
        """
        patience = min(size, _MANY) if size > _RECORD else 1
        if patience != self._patience and self._transport is not None:
            self._patience = patience
            line: socket.socket = self._transport.get_extra_info("socket")
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, patience)

    def data_received(self, data: bytes | memoryview) -> None:
        """Feed the machine, send its answers, tell the worker."""
        before = self._client.phase
        events = self._client.receive(data)
        self._flush()
        if events:
            self._tls = events
            if self._transport is not None:
                self._transport.pause_reading()  # what comes next belongs to TLS
            self._step.set()
        if self._client.phase is not before:
            self._step.set()
        if self._client.changed or self._client.phase is not before:
            self._on_change()

    def connection_lost(self, exc: Exception | None) -> None:
        """The PC or the line ended it."""
        del exc
        if self._client.phase is not Phase.CLOSED:
            self._client.lost()
            self._on_change()
        self._step.set()

    # --- DesktopSource ---

    @property
    def phase(self) -> Phase:
        """Where it stands."""
        return self._client.phase

    @property
    def failure(self) -> str | None:
        """Error code once closed by a failure."""
        return self._client.failure

    @property
    def frame(self) -> Frame:
        """Newest picture."""
        return self._client.frame

    def take_damage(self) -> Damage:
        """What changed since the last call."""
        return self._client.take_damage()

    def key(self, *, down: bool, scancode: int, extended: bool, keysym: int) -> None:
        """One key."""
        self._client.key(down=down, scancode=scancode, extended=extended, keysym=keysym)
        self._flush()

    def pointer(self, x: int, y: int, buttons: int) -> None:
        """Pointer and buttons."""
        self._client.pointer(x, y, buttons)
        self._flush()

    def wheel(self, x: int, y: int, dx: int, dy: int) -> None:
        """Wheel."""
        self._client.wheel(x, y, dx, dy)
        self._flush()

    def text(self, text: str) -> None:
        """Type this text."""
        self._client.text(text)
        self._flush()

    def release(self) -> None:
        """Every key and button up."""
        self._client.release()
        self._flush()

    def resize(self, w: int, h: int, scale: int) -> None:
        """Ask for another size."""
        self._client.resize(w, h, scale)
        self._flush()

    def hold(self, held: bool) -> None:  # noqa: FBT001
        """Stop asking the PC for pictures, or go on."""
        self._client.hold(held)
        self._flush()

    def close(self) -> None:
        """Let go of everything held and hang up."""
        self._client.release()
        self._flush()
        self._client.close()
        self._step.set()
        if self._transport is not None:
            self._transport.close()

    # --- opening ---

    async def opened(self, pin: Pin) -> None:
        """Wait until the desktop shows. Raises what the session failed with."""
        while self._client.phase is Phase.CONNECTING:
            await self._step.wait()
            self._step.clear()
            if self._tls:
                await self._seal(self._tls.pop(), pin)
        if self._client.failure is not None:
            raise SudareError(self._client.failure, self._client.detail)

    async def _seal(self, wanted: StartTLS, pin: Pin) -> None:
        if self._transport is None:
            raise SudareError("office.pc-unreachable", "rfb: no line")
        loop = asyncio.get_running_loop()
        self._transport.resume_reading()
        try:
            sealed = await aiofastnet.start_tls(loop, self._transport, self, _context(wanted))
        except (OSError, ssl.SSLError) as error:
            raise SudareError("office.pc-protocol", f"rfb: TLS failed: {type(error).__name__}") from error
        if sealed is None:  # the line ended meanwhile
            raise SudareError("office.pc-unreachable", "rfb: line closed during TLS")
        self._transport = sealed
        if wanted.x509:
            shown = sealed.get_extra_info("ssl_object").getpeercert(binary_form=True)
            self.certificate = fingerprint_of(shown or b"")
            if not shown or not pin.accepts(self.certificate):
                raise SudareError("office.pc-certificate", "rfb: certificate is not the pinned one")
        self._client.tls_started()
        self._flush()

    def _flush(self) -> None:
        data = self._client.data_to_send()
        if self._transport is None:
            return
        if data and not self._transport.is_closing():
            self._transport.write(data)
        if self._client.failure is not None:
            self._transport.close()


def _context(wanted: StartTLS) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # No authority signs office PCs: the pin (desktop/pin.py) is the check, made right after the handshake.
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if not wanted.x509:
        # Anonymous Diffie-Hellman: secret from listeners, not from a man in the middle; a pin forbids it.
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers("aNULL:@SECLEVEL=0")
    return context


def preference(sock: socket.socket) -> tuple[Encoding, ...]:
    """The encodings to ask for: on this host squeezing pixels costs both ends more than it saves, elsewhere less."""
    peer = sock.getpeername()
    return PLAIN if isinstance(peer, tuple) and ipaddress.ip_address(peer[0]).is_loopback else COMPACT


async def open_vnc(  # noqa: D417
    sock: socket.socket | tuple[str, int],
    *,
    password: Secret[str] | None,
    user: str,
    tls: str,
    pin: str,
    on_change: Callable[[], None],
    prefer: tuple[Encoding, ...] = COMPACT,
    timeout_s: float = _OPEN_TIMEOUT_S,
) -> VNCDesktop:
    """
    An open VNC desktop over a connected socket (or an address, in tests).

    Args:
        password: None allows a server without authentication, and only then.
        tls: `require`, `allow` or `none` (for a PC on this host).
        pin: `first-use` or `sha256:<hex>`, see desktop/pin.py.

    Raises:
        SudareError: `office.pc-*`.

    """
    rule = Pin.parse(pin)
    policy = TLS(tls)
    client = RFBClient(
        Credentials(user, password, allow_none=password is None),
        policy,
        certificate_needed=rule.sha256 is not None and policy is not TLS.NONE,
        prefer=prefer,
    )
    desktop = VNCDesktop(client, on_change)
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(timeout_s):
            if isinstance(sock, tuple):
                await loop.create_connection(lambda: desktop, *sock)
            else:
                await loop.create_connection(lambda: desktop, sock=sock)
            await desktop.opened(rule)
    except TimeoutError as error:
        desktop.close()
        raise SudareError("office.pc-unreachable", "rfb: no answer in time") from error
    except OSError as error:
        desktop.close()
        raise SudareError("office.pc-unreachable", f"rfb: {type(error).__name__}") from error
    except BaseException:
        desktop.close()
        raise
    return desktop
