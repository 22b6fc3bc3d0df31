"""
The C extension behind the same functions as the Python twin.

Importing this module fails where the extension was not built; `sudare.pixels.tiles` then takes the twin.
"""

from typing import Any

import numpy as np

from sudare.pixels._native import _pixels  # type: ignore[attr-defined,unused-ignore]
from sudare.pixels.frames import TILE, Frame, Mask, Places
from sudare.pixels.ops import Box
from sudare.pixels.video import VideoEncoder

_ffi: Any = _pixels.ffi
_lib: Any = _pixels.lib


def diff(a: Frame, b: Frame, touched: Mask | None) -> list[Box]:
    """Tight boxes of what differs, one for each touched tile."""
    height, width = a.shape[:2]
    count = -(-height // TILE) * -(-width // TILE)
    out = np.empty((count, 4), np.uint32)
    mask = np.ascontiguousarray(touched, np.uint8) if touched is not None else None
    found = _lib.px_diff(
        _picture(a),
        _picture(b),
        _ffi.NULL if mask is None else _ffi.from_buffer("uint8_t[]", mask),
        0 if mask is None else mask.size,
        _ffi.cast("px_box *", _ffi.from_buffer(out, require_writable=True)),
        count,
    )
    return [(x, y, w, h) for x, y, w, h in out[: _checked(found)].tolist()]


def distance(a: Frame, box: Box, b: Frame, x: int, y: int, *, enough: int = 1 << 40) -> int:
    """Number of pixels that differ, row by row until there are enough."""
    return _checked(_lib.px_distance(_picture(a), _box(box), _picture(b), *_place(x, y), enough))


def shift(a: Frame, b: Frame, box: Box) -> tuple[int, int]:
    """How far most rows moved, and how many say so."""
    value = _box(box)
    scratch = np.empty(_checked(_lib.px_shift_scratch(min(value.h, a.shape[0] + 1))), np.uint8)
    work, out, votes = _ffi.from_buffer("uint8_t[]", scratch), _ffi.new("int32_t *"), _ffi.new("uint32_t *")
    _checked(_lib.px_shift(_picture(a), _picture(b), value, work, scratch.size, out, votes))
    return out[0], votes[0]


def pack(a: Frame, box: Box) -> bytes:
    """BGR bytes of the box."""
    value = _box(box)
    # A box larger than its picture is refused before anything of its size is allocated.
    height, width = a.shape[:2]
    if box[2] > width or box[3] > height:
        raise ValueError(f"{box} lies outside {width}*{height}")
    out = bytearray(box[2] * box[3] * 3)
    _checked(_lib.px_pack(_picture(a), value, _ffi.from_buffer("uint8_t[]", out, require_writable=True), len(out)))
    return bytes(out)


def apply(a: Frame, box: Box, bgr: bytes) -> None:
    """The inverse of `pack`."""
    _checked(_lib.px_apply(_picture(a, writable=True), _box(box), _ffi.from_buffer("uint8_t[]", bgr), len(bgr)))


def paint(a: Frame, box: Box, rgb: bytes) -> None:
    """The box from RGB bytes."""
    _checked(_lib.px_paint(_picture(a, writable=True), _box(box), _ffi.from_buffer("uint8_t[]", rgb), len(rgb)))


def index(a: Frame, box: Box, colours: bytes, indices: bytes) -> None:
    """The box from a number a pixel."""
    table, numbers = _ffi.from_buffer("uint8_t[]", colours), _ffi.from_buffer("uint8_t[]", indices)
    _checked(_lib.px_index(_picture(a, writable=True), _box(box), table, len(colours), numbers, len(indices)))


def copy(a: Frame, box: Box, x: int, y: int) -> None:
    """Move a box to (x, y)."""
    _checked(_lib.px_copy(_picture(a, writable=True), _box(box), *_place(x, y)))


def fill(a: Frame, box: Box, bgr: bytes) -> None:
    """One colour over the box."""
    if len(bgr) != 3:
        raise ValueError("a colour is 3 bytes")
    _checked(_lib.px_fill(_picture(a, writable=True), _box(box), bgr))


def solid(a: Frame, box: Box) -> bytes | None:
    """The colour of the box, if it has only one."""
    bgr = _ffi.new("uint8_t[3]")
    return bytes(_ffi.buffer(bgr)) if _checked(_lib.px_solid(_picture(a), _box(box), bgr)) else None


def ramp(a: Frame, box: Box, *, marked: bool = False) -> bytes:
    """Two colours and the levels between them."""
    value = _box(box)
    _, _, w, h = box
    if max(w, h) > TILE:
        raise ValueError(f"{box} is larger than a tile")
    out = bytearray(6 + (w + 1) // 2 * h)
    _checked(_lib.px_ramp(_picture(a), value, marked, _ffi.from_buffer("uint8_t[]", out), len(out)))
    return bytes(out)


def mark(clean: Frame, box: Box, places: Places, pattern: bytes, out: Frame) -> None:
    """Draw the box of `clean` into `out`, with the mark on it."""
    where = places.view(np.uint8).reshape(*places.shape, 4)
    cover = _ffi.from_buffer("uint8_t[]", pattern)
    target = _picture(out, writable=True)
    _checked(_lib.px_mark(_picture(clean), _box(box), _picture(where), cover, len(pattern), target))


def common(a: Frame, box: Box) -> int:
    """How many pixels of the box have its commonest colour."""
    return _checked(_lib.px_common(_picture(a), _box(box)))


def jpeg(a: Frame, box: Box, quality: int) -> bytes:
    """The box as a JPEG."""
    place = _box(box)
    out = bytearray(_checked(_lib.px_jpeg_bound(place.w, place.h)))
    size = _checked(_lib.px_jpeg(_picture(a), place, quality, _ffi.from_buffer("uint8_t[]", out), len(out)))
    return bytes(out[:size])


def unjpeg(a: Frame, box: Box, data: bytes) -> None:
    """Draw a JPEG of exactly this size."""
    picture = _picture(a, writable=True)
    _checked(_lib.px_unjpeg(picture, _box(box), _ffi.from_buffer("uint8_t[]", data), len(data)))


def video(codec: str, w: int, h: int, scale: int) -> VideoEncoder:
    """An encoder of films."""
    return _Video(codec, w, h, scale)


class _Video:
    def __init__(self, codec: str, w: int, h: int, scale: int) -> None:
        number = {"av1": _lib.PX_AV1, "h264": _lib.PX_H264}.get(codec, 0)
        made = _ffi.NULL if min(w, h, scale) < 0 or max(w, h, scale) >> 32 else _lib.px_video_new(number, w, h, scale)
        if made == _ffi.NULL:
            raise ValueError(f"no film of {w}*{h} at {scale} in {codec}")
        self._video = _ffi.gc(made, _lib.px_video_free)
        self._out = bytearray(w * h * 2 + 4096)

    def encode(self, a: Frame, box: Box, *, at_ms: int, ms: int, kbit: int, key: bool) -> bytes:
        out = _ffi.from_buffer("uint8_t[]", self._out, require_writable=True)
        made = _lib.px_video_encode(self._video, _picture(a), _box(box), at_ms, ms, kbit, key, out, len(self._out))
        return bytes(self._out[: _checked(made)])


def _picture(a: Frame, *, writable: bool = False) -> Any:  # noqa: ANN401 - a C struct
    if a.ndim != 3 or a.shape[2] != 4 or a.dtype != np.uint8:
        raise ValueError(f"a picture of {a.shape} {a.dtype}")
    data = _ffi.from_buffer("uint8_t[]", a, require_writable=writable)
    # The struct does not keep `data` alive; the caller's `a` does, for as long as the call runs.
    return _ffi.new("px_picture *", {"data": data, "size": a.nbytes, "w": a.shape[1], "h": a.shape[0]})


def _box(box: Box) -> Any:  # noqa: ANN401 - a C struct
    if min(box) < 0 or max(box) >> 32:
        raise ValueError(f"{box} lies outside")
    return _ffi.new("px_box *", box)[0]


def _place(x: int, y: int) -> tuple[int, int]:
    if min(x, y) < 0 or max(x, y) >> 32:
        raise ValueError(f"{x},{y} lies outside")
    return x, y


def _checked(result: int) -> int:
    if result < 0:
        raise ValueError("a picture, box or buffer does not fit")
    return result
