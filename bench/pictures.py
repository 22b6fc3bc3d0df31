"""A synthetic Japanese office desktop, 1920x1080 BGRX: text with sub-pixel rendering, in windows of a few kinds."""

import numpy as np
from PIL import Image, ImageDraw, ImageFont

W, H = 1920, 1080
FONT = "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc"
LINE = 25
KANA = [chr(c) for c in range(0x3041, 0x3094)]
KANJI = [chr(c) for c in range(0x4E00, 0x5800, 2)]


class Writer:
    """Text of a seed, kana and kanji in a Zipf-like mix, drawn glyph by glyph."""

    def __init__(self, seed: int = 7):
        self.rng = np.random.default_rng(seed)
        self.glyphs = {}

    def words(self, count):
        kanji = np.minimum(self.rng.zipf(1.25, count), len(KANJI)) - 1
        kana = np.minimum(self.rng.zipf(1.3, count), len(KANA)) - 1
        return [KANJI[k] if self.rng.random() < 0.45 else KANA[h] for k, h in zip(kanji, kana, strict=True)]

    def glyph(self, char, px):
        key = char, px
        if key not in self.glyphs:
            font = ImageFont.truetype(FONT, px * 3, index=0)
            image = Image.new("L", ((px + 2) * 3, (px + 6) * 3))
            ImageDraw.Draw(image).text((3, -px // 2), char, font=font, fill=255)
            cover = np.asarray(image, np.float32).reshape(px + 6, 3, -1).mean(1)
            soft = np.stack([np.roll(cover, s, 1) for s in (-1, 0, 1)]).mean(0)
            self.glyphs[key] = soft.reshape(px + 6, px + 2, 3)[:, :, ::-1] / 255
        return self.glyphs[key]

    def draw(self, frame, x, y, text, px=16, ink=(0, 0, 0)):  # noqa: PLR0917
        for i, char in enumerate(text):
            mask = self.glyph(char, px)
            left = x + i * px
            area = frame[y : y + mask.shape[0], left : left + mask.shape[1], :3]
            mask = mask[: area.shape[0], : area.shape[1]]
            area[:] = np.rint(area * (1 - mask) + np.array(ink) * mask)


def window(writer, paper):
    """Title, menu, tool bar, task bar."""
    frame = np.zeros((H, W, 4), np.uint8)
    frame[:, :, :3] = paper
    frame[:34, :, :3], frame[34:64, :, :3], frame[64:108, :, :3] = 240, 250, 246
    frame[H - 40 :, :, :3] = (40, 32, 32)
    writer.draw(frame, 12, 4, writer.words(14))
    for i in range(7):
        writer.draw(frame, 12 + i * 90, 36, writer.words(3), 14, (40, 40, 40))
    for i in range(24):
        frame[72:100, 12 + i * 40 : 40 + i * 40, :3] = writer.rng.integers(90, 250, 3)
    writer.draw(frame, W - 120, H - 34, "10:42", 15, (255, 255, 255))
    return frame


def document(writer):
    frame = window(writer, (200, 200, 200))
    frame[120 : H - 40, 310:1610, :3] = 255
    for i in range(36):
        writer.draw(frame, 360, 140 + i * LINE, writer.words(72))
    return frame


def sheet(writer):
    frame = window(writer, (255, 255, 255))
    for row in range(38):
        y = 108 + row * 24
        frame[y + 23, :, :3] = 212
        frame[y : y + 24, 119::120, :3] = 212
        for column in range(16):
            digits = "".join(map(str, writer.rng.integers(0, 10, 6)))
            writer.draw(frame, column * 120 + 6, y, writer.words(5) if column % 3 == 0 else digits, 14)
    return frame


def mail(writer):
    frame = window(writer, (255, 255, 255))
    for row in range(30):
        y = 112 + row * 30
        frame[y + 29, :700, :3] = 225
        writer.draw(frame, 14, y, writer.words(6), 15, (140, 60, 20))
        writer.draw(frame, 150, y, writer.words(28), 15)
    for i in range(34):
        writer.draw(frame, 730, 125 + i * 26, writer.words(62))
    return frame
