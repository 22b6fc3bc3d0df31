"""
The hot functions: from the C extension, or from its Python twin where that was not built.

    diff(a, b, touched) -> [box]     tight boxes of what differs, one a touched 64x64 tile (None: all), row by row
    distance(a, box, b, x, y) -> n   pixels that differ between a box of `a` and the area of `b` at (x, y); with
                                     `enough`, only of the rows it takes to find so many
    shift(a, b, box) -> (n, votes)   how far most rows of the box moved from `b` to `a`; it is at least 64 wide
    pack(a, box) -> bytes            the box as BGR, rows top down
    apply(a, box, bgr)               the inverse; X becomes 0
    paint(a, box, rgb)               the same from RGB bytes
    index(a, box, colours, indices)  the same from a number a pixel, among at most 256 colours BGRX
    copy(a, box, x, y)               move a box inside `a`; areas may overlap
    fill(a, box, bgr)                one colour over the box
    solid(a, box) -> bytes | None    its colour, if it has only one
    ramp(a, box, marked) -> bytes    ramp pixels of a box of at most 64x64 (`sudare.pixels.ramp`)
    mark(a, box, places, pattern, b) the box of `a` into `b`, with the watermark on it (`sudare.pixels.mark`)
    common(a, box) -> n              pixels of a box of at most 64x64 that have its commonest colour
    jpeg(a, box, quality) -> bytes   the box as a JPEG; only where the extension was built (`NATIVE`)
    video(codec, w, h, scale)        encodes a film (`sudare.pixels.video`); a ValueError without the extension
    unjpeg(a, box, bytes)            draws one of exactly that size; grey where the extension was not built

INVARIANT: X is never compared. A box or buffer that does not fit is a ValueError, and nothing was changed.
"""

try:
    from sudare.pixels.native import (
        apply,
        common,
        copy,
        diff,
        distance,
        fill,
        index,
        jpeg,
        mark,
        pack,
        paint,
        ramp,
        shift,
        solid,
        unjpeg,
        video,
    )

    NATIVE = True
except ImportError:
    from sudare.pixels.twin import (
        apply,
        common,
        copy,
        diff,
        distance,
        fill,
        index,
        jpeg,
        mark,
        pack,
        paint,
        ramp,
        shift,
        solid,
        unjpeg,
        video,
    )

    NATIVE = False

__all__ = [
    "NATIVE",
    "apply",
    "common",
    "copy",
    "diff",
    "distance",
    "fill",
    "index",
    "jpeg",
    "mark",
    "pack",
    "paint",
    "ramp",
    "shift",
    "solid",
    "unjpeg",
    "video",
]
