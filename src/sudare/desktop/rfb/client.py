"""
The RFB client: bytes and input in, bytes and a picture out. It has no socket; the driver moves bytes.

`receive(data) -> [StartTLS]`, `data_to_send()`, and everything of `DesktopSource`. A failure closes the machine and
is told by `failure`; nothing is raised at the driver.
INVARIANT: one update request is on its way or continuous updates are on, unless `hold(True)`: then neither.
INVARIANT: `frame` may already hold pixels of an update still arriving; the damage that names them follows.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sudare.base.errors import SudareError
from sudare.desktop.damage import Gathering
from sudare.desktop.rfb import messages
from sudare.desktop.rfb.encodings import copyrect, cursor, deflate, raw, screens, tight, zrle
from sudare.desktop.rfb.input import Input
from sudare.desktop.rfb.messages import Encoding
from sudare.desktop.rfb.security import TLS, Credentials, Handshake, StartTLS
from sudare.desktop.rfb.stream import Feed, Parser, malformed, skip
from sudare.desktop.source import Damage, Frame, Phase, Rect

_MAX_NAME = 4096
_FENCE_REQUEST = 1 << 31
_FENCE_KNOWN = 0b111  # block before, block after, sync next
_COMMON = [
    Encoding.CURSOR_WITH_ALPHA,
    Encoding.CURSOR,
    Encoding.EXTENDED_DESKTOP_SIZE,
    Encoding.DESKTOP_SIZE,
    Encoding.FENCE,
    Encoding.CONTINUOUS_UPDATES,
]
# Measured by bench/encodings.py. No LAST_RECT: a server that may leave the number of rectangles open looks for areas of
# one colour first, and the many small rectangles cost both ends more than the bytes they save.
COMPACT = (  # over a network
    Encoding.COPY_RECT,
    Encoding.TIGHT,
    Encoding.ZRLE,
    Encoding.ZLIB,
    Encoding.RAW,
    Encoding.COMPRESS_LEVEL_1,
)
PLAIN = (Encoding.COPY_RECT, Encoding.RAW)  # on the same host: cheapest for both ends


@dataclass(frozen=True, slots=True)
class Limits:
    """What a server may ask of our memory."""

    side: int = 16384  # pixels
    pixels: int = 33_554_432
    rects: int = 65_534  # of one update


class RFBClient:
    """One VNC session without its socket."""

    def __init__(
        self,
        credentials: Credentials,
        tls: TLS,
        *,
        certificate_needed: bool = False,
        prefer: tuple[Encoding, ...] = COMPACT,
        limits: Limits | None = None,
    ) -> None:
        self._limits = limits or Limits()
        self._prefer = prefer
        self._handshake = Handshake(credentials, tls, certificate_needed=certificate_needed)
        self._phase, self._failure = Phase.CONNECTING, None
        self.detail = ""
        self._frame: Frame = np.zeros((0, 0, 4), np.uint8)
        self._damage = Gathering()
        self._pending = Gathering()  # damage of the update still arriving
        self._input = Input()
        self._out = bytearray()
        self._held = self._asked = self._continuous = self._can_continue = False
        self._screen: tuple[int, int] | None = None
        self._tight = tight.Streams()
        self._zrle, self._zlib = deflate.Inflater(), deflate.Inflater()
        self._feed = Feed(self._run())

    _phase: Phase
    _failure: str | None

    # --- bytes ---

    def receive(self, data: bytes | memoryview, now: float = 0.0) -> list[StartTLS]:  # noqa: ARG002 - every machine has `now`
        """Feed what the server sent; the events are what the driver must do now."""
        if self._phase is Phase.CLOSED:
            return []
        try:
            self._feed.receive(data)
            events, self._handshake.events = self._handshake.events, []
            if events and self._feed.waiting:
                raise malformed("bytes in the clear after TLS was agreed")  # an injector's trick
        except SudareError as error:
            self.fail(error)
            return []
        return events

    @property
    def missing(self) -> int:
        """Bytes of the piece being read that are still to come; there is no use in looking before many of them came."""
        return self._feed.missing if self._phase is Phase.ACTIVE else 0

    def tls_started(self) -> None:
        """The driver has sealed the line and is content with the certificate."""
        try:
            self._feed.resume()
        except SudareError as error:
            self.fail(error)

    def data_to_send(self) -> bytes:
        """Everything to send since the last call."""
        out = bytes(self._handshake.out + self._out)
        self._handshake.out.clear()
        self._out.clear()
        return out

    def lost(self) -> None:
        """The driver's line ended."""
        early = self._phase is Phase.CONNECTING
        self.fail(SudareError("office.pc-unreachable" if early else "office.pc-closed", "rfb: line closed"))

    def fail(self, error: SudareError) -> None:
        """End with this error; the first one stays."""
        if self._phase is not Phase.CLOSED:
            self._failure, self.detail = error.code, error.detail
            self.close()

    def hold(self, held: bool) -> None:  # noqa: FBT001
        """Stop asking for updates, so that the server waits with us; or go on."""
        self._held = held
        if self._phase is not Phase.ACTIVE:
            return
        if held and self._continuous:
            self._continuous = False
            self._out += messages.continuous(*self._size, on=False)
        elif not held:
            self._ask()

    # --- DesktopSource ---

    @property
    def phase(self) -> Phase:
        """Where it stands."""
        return self._phase

    @property
    def failure(self) -> str | None:
        """Error code once closed by a failure."""
        return self._failure

    @property
    def frame(self) -> Frame:
        """Newest picture."""
        return self._frame

    @property
    def changed(self) -> bool:
        """Whether `take_damage` has something to tell."""
        return not self._damage.empty

    def take_damage(self) -> Damage:
        """What changed since the last call."""
        return self._damage.take()

    def key(self, *, down: bool, scancode: int, extended: bool, keysym: int) -> None:  # noqa: ARG002
        """One key, by keysym."""
        self._send(self._input.key(keysym, down=down))

    def pointer(self, x: int, y: int, buttons: int) -> None:
        """Pointer and buttons."""
        self._send(self._input.pointer(x, y, buttons))

    def wheel(self, x: int, y: int, dx: int, dy: int) -> None:
        """Wheel; whole notches only, the rest is kept."""
        self._send(self._input.wheel(x, y, dx, dy))

    def text(self, text: str) -> None:
        """Each character as the keysym that types it."""
        self._send(self._input.text(text))

    def release(self) -> None:
        """Every key and button up."""
        self._send(self._input.release())

    def resize(self, w: int, h: int, scale: int) -> None:  # noqa: ARG002 - RFB knows no scale
        """Ask for another size, where the server can."""
        if self._screen is not None and (w, h) != self._size and self._fits(w, h):
            self._send(messages.desktop_size(w, h, self._screen))

    def close(self) -> None:
        """End it."""
        self._phase = Phase.CLOSED

    # --- the server's words ---

    @property
    def _size(self) -> tuple[int, int]:
        return self._frame.shape[1], self._frame.shape[0]

    def _send(self, data: bytes) -> None:
        if self._phase is Phase.ACTIVE:
            self._out += data

    def _fits(self, w: int, h: int) -> bool:
        limits = self._limits
        return 0 < w <= limits.side and 0 < h <= limits.side and w * h <= limits.pixels

    def _run(self) -> Parser[None]:
        yield from self._handshake.run()
        self._out += b"\x01"  # shared: others may be looking at the PC too
        w, h = struct.unpack(">HH16x", (yield 20))
        (size,) = struct.unpack(">I", (yield 4))
        if size > _MAX_NAME:
            raise malformed("desktop name too long")
        yield from skip(size)
        self._set_size(w, h)  # told with the first update: a black picture is no news
        self._out += messages.pixel_format() + messages.encodings([*self._prefer, *_COMMON])
        self._phase = Phase.ACTIVE
        if not self._held:
            self._asked = True
            self._out += messages.update_request(w, h, incremental=False)
        kinds: dict[int, Callable[[], Parser[None]]] = {
            0: self._update,
            1: _colours,
            2: _bell,
            3: _cut_text,
            150: self._end_of_continuous,
            248: self._fence,
        }
        while True:
            kind = (yield 1)[0]
            if kind not in kinds:
                raise malformed(f"message {kind}")  # its length is unknown: nothing after it can be read
            yield from kinds[kind]()

    def _set_size(self, w: int, h: int) -> None:
        if not self._fits(w, h):
            raise malformed(f"desktop of {w}x{h}")
        if (w, h) != self._size:
            self._frame = np.zeros((h, w, 4), np.uint8)
            self._pending.resize(w, h)

    def _ask(self) -> None:
        """Keep the next update coming: at once, not when this one is read (half a round trip earlier)."""
        if self._held or self._asked or self._continuous:
            return
        w, h = self._size
        if self._can_continue:
            self._continuous = True
            self._out += messages.continuous(w, h, on=True)
        else:
            self._asked = True
        self._out += messages.update_request(w, h, incremental=True)

    def _update(self) -> Parser[None]:
        (count,) = struct.unpack(">xH", (yield 3))
        if count != 0xFFFF and count > self._limits.rects:
            raise malformed(f"update of {count} rectangles")
        self._asked = False
        self._ask()
        size = self._size
        for _ in range(count if count != 0xFFFF else self._limits.rects + 1):
            x, y, w, h, encoding = struct.unpack(">HHHHi", (yield 12))
            if encoding == Encoding.LAST_RECT:
                break
            yield from self._rectangle(Rect(x, y, w, h), encoding)
        else:
            if count == 0xFFFF:
                raise malformed("update without end")
        if size != self._size:  # whatever was asked for was of the old size, and the new picture is blank
            self._asked = True
            if self._continuous:
                self._out += messages.continuous(*self._size, on=True)
            self._out += messages.update_request(*self._size, incremental=False)
        self._publish()

    def _publish(self) -> None:
        update = self._pending.take()
        if update.resized:
            self._damage.resize(*self._size)
        for hint in update.copies:
            self._damage.copy(hint)
        targets = [Rect(c.dx, c.dy, c.w, c.h) for c in update.copies]
        for rect in update.rects:
            if rect not in targets:
                self._damage.rect(rect)
        if update.cursor:
            self._damage.cursor(update.cursor)

    def _rectangle(self, r: Rect, encoding: int) -> Parser[None]:
        if encoding in (Encoding.CURSOR, Encoding.CURSOR_WITH_ALPHA):
            shape = cursor.decode if encoding == Encoding.CURSOR else cursor.decode_alpha
            self._pending.cursor((yield from shape(r)))
        elif encoding == Encoding.DESKTOP_SIZE:
            self._set_size(r.w, r.h)
        elif encoding == Encoding.EXTENDED_DESKTOP_SIZE:
            self._screen = yield from screens.decode()
            if r.x != 1 or r.y == 0:  # not the refusal of our own wish
                self._set_size(r.w, r.h)
        else:
            yield from self._pixels(r, encoding)

    def _pixels(self, r: Rect, encoding: int) -> Parser[None]:
        width, height = self._size
        if r.x + r.w > width or r.y + r.h > height:
            raise malformed("rectangle outside the picture")
        if encoding == Encoding.COPY_RECT:
            self._pending.copy((yield from copyrect.decode(self._frame, r)))
            return
        if encoding == Encoding.RAW:
            yield from raw.decode(self._frame, r)
        elif encoding == Encoding.TIGHT:
            yield from tight.decode(self._frame, r, self._tight)
        elif encoding == Encoding.ZRLE:
            yield from zrle.decode(self._frame, r, self._zrle)
        elif encoding == Encoding.ZLIB:
            yield from deflate.decode(self._frame, r, self._zlib)
        else:
            raise malformed(f"encoding {encoding} was not asked for")
        self._pending.rect(r)

    def _end_of_continuous(self) -> Parser[None]:
        """Once at the start: "I can"; later: "they are off now"."""
        yield from ()
        if not self._can_continue:
            self._can_continue = True
            self._asked = False  # the one on its way is answered all the same
            self._ask()

    def _fence(self) -> Parser[None]:
        flags, size = struct.unpack(">3xIB", (yield 8))
        if size > 64:
            raise malformed("fence too long")
        payload = (yield size) if size else b""
        if flags & _FENCE_REQUEST:
            self._out += messages.fence(flags & _FENCE_KNOWN, payload)


def _colours() -> Parser[None]:
    (count,) = struct.unpack(">3xH", (yield 5))
    yield from skip(count * 6)  # we asked for true colour


def _bell() -> Parser[None]:
    yield from ()


def _cut_text() -> Parser[None]:
    """The PC's clipboard: read past and forgotten, whatever its size. Negative lengths are the extended clipboard."""
    (size,) = struct.unpack(">3xi", (yield 7))
    yield from skip(abs(size))
