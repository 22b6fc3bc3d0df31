"""
Who looks at this screen, as a pattern: name, login, and when the session was opened, from its ticket.

Drawn here, outside of the cage: the process that holds the pixels needs neither fonts nor what reads them.
INVARIANT: what cannot be drawn in full is `office.watermark-font`, never a mark with holes.
"""

import unicodedata
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from sudare.base.errors import SudareError
from sudare.pixels.mark import SIDE_MAX, Pattern
from sudare.wire.ticket.codec import Ticket

# Debian's fonts-noto-cjk, Fedora's google-noto-sans-cjk-fonts, Debian's fonts-ipaexfont-gothic. The first face of the
# Noto collections is the Japanese one.
FONTS: Final = tuple(
    Path("/usr/share/fonts") / name
    for name in (
        "opentype/noto/NotoSansCJK-Bold.ttc",
        "opentype/noto/NotoSansCJK-Regular.ttc",
        "google-noto-sans-cjk-fonts/NotoSansCJK-Bold.ttc",
        "google-noto-cjk/NotoSansCJK-Bold.ttc",
        "opentype/ipaexfont-gothic/ipaexg.ttf",
    )
)
_TOKYO: Final = ZoneInfo("Asia/Tokyo")
_SIZE: Final = 19  # pixels
_LEADING: Final = 26
_WIDE: Final = 300  # pixels of a line before it is broken
_SLOPE: Final = 24.0  # degrees
_BESIDE, _BELOW = 150, 60  # pixels free around each: a phone's screen still shows one, and scrolling stays cheap
_NOBODYS: Final = "\U0010ffff"  # no font draws it; how it is drawn is how a font draws what it does not know


def demanded(ticket: Ticket) -> bool:
    """Whether no pixel of this ticket's session may leave the office unmarked."""
    return ticket.rgt.get("watermark", False)


def drawn(ticket: Ticket, fonts: Sequence[Path] = FONTS) -> Pattern:
    """The pattern of a ticket. Raises `office.watermark-font`."""
    opened = datetime.fromtimestamp(ticket.iat, _TOKYO).strftime("%Y-%m-%d %H:%M")
    texts = [_plain(text) for text in (ticket.nam, ticket.acc, opened)]
    font = _font(frozenset("".join(texts)), tuple(fonts))
    image = _turned(_lines([text for text in texts if text], font), font)
    if max(image.width + _BESIDE, 2 * (image.height + _BELOW)) > SIDE_MAX:
        raise SudareError("office.watermark-font", "a name too long to be drawn")
    return _repeated(image)


def _plain(text: str) -> str:
    """Without what is not drawn by itself: variants of a character, marks of direction."""
    kept = (c for c in unicodedata.normalize("NFC", text) if unicodedata.category(c) != "Cf" and not _varies(c))
    return " ".join("".join(kept).split())


def _varies(character: str) -> bool:
    return "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef"


def _font(characters: frozenset[str], fonts: tuple[Path, ...]) -> ImageFont.FreeTypeFont:
    """The first font that draws all of these."""
    there = [font for path in fonts if (font := _opened(path)) is not None]
    for font in there:
        unknown = bytes(font.getmask(_NOBODYS))
        if not [c for c in characters if c != " " and bytes(font.getmask(c)) in {unknown, b""}]:
            return font
    raise SudareError(
        "office.watermark-font", "a character no font has" if there else "no font; fonts-noto-cjk has one"
    )


@cache
def _opened(path: Path) -> ImageFont.FreeTypeFont | None:
    try:
        return ImageFont.truetype(str(path), _SIZE, layout_engine=ImageFont.Layout.BASIC)
    except OSError:
        return None


def _lines(texts: Sequence[str], font: ImageFont.FreeTypeFont) -> list[str]:
    """Name and login on one line where they fit; what is too long is broken, not cut."""
    out: list[str] = []
    for text in texts:
        if out and font.getlength(f"{out[-1]}  {text}") <= _WIDE:
            out[-1] += f"  {text}"
            continue
        out.append("")
        for character in text:
            if font.getlength(out[-1] + character) > _WIDE:
                out.append("")
            out[-1] += character
    return out


def _turned(lines: Sequence[str], font: ImageFont.FreeTypeFont) -> Image.Image:
    width = max(int(font.getlength(line)) for line in lines) + 4
    image = Image.new("L", (width, _LEADING * len(lines) + 4))
    draw = ImageDraw.Draw(image)
    for row, line in enumerate(lines):
        draw.text((2, row * _LEADING), line, fill=255, font=font)
    return image.rotate(_SLOPE, resample=Image.Resampling.BICUBIC, expand=True)


def _repeated(image: Image.Image) -> Pattern:
    """Twice in what is repeated, the second time half a step to the side: diagonals whichever way one looks."""
    strokes = np.asarray(image) >= 128
    h, w = strokes.shape
    height, width = 2 * (h + _BELOW), w + _BESIDE
    cover = np.zeros((height, width), np.uint8)
    cover[:h, :w] = strokes
    cover |= np.roll(cover, (height // 2, width // 2), (0, 1))
    return Pattern(width, height, cover.tobytes())
