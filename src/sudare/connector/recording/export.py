"""
A recording as something every machine can show: a video by Debian's `ffmpeg`, or pictures with a table of times.

Time at rest is shortened, or a working day would be hours of the same picture; the real times go along: beside the
video as subtitles (WebVTT), beside the pictures as a table.
"""

import contextlib
import struct
import subprocess
import zlib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import IO, Final

import numpy as np

from sudare.base.errors import SudareError
from sudare.connector.recording.reading import Film, Shown
from sudare.pixels.frames import Frame, black

FPS: Final = 5
LEAST: Final = 64  # pixels a side: no codec takes less
TABLE: Final = "timeline.tsv"
CODECS: Final = {
    ".mp4": ("-c:v", "libsvtav1", "-preset", "8", "-crf", "30", "-g", "50", "-movflags", "+faststart"),
    ".webm": ("-c:v", "libvpx-vp9", "-crf", "28", "-b:v", "0", "-row-mt", "1", "-cpu-used", "5", "-g", "50"),
}


def video(film: Film, out: Path, *, start_ms: int = 0, end_ms: int | None = None, rest_s: float = 2.0) -> int:
    """
    A video at `out` (.mp4: AV1, .webm: VP9) and its times beside it (.vtt); how many frames.

    `rest_s`: what longer rests are shortened to; 0 keeps them.
    Raises `caller.configuration` without ffmpeg, or with its own words when it fails.
    """
    codec = CODECS.get(out.suffix)
    if codec is None:
        raise SudareError("caller.configuration", f"{out}: expected {' or '.join(CODECS)}")
    width, height = (max(LEAST, side + side % 2) for side in film.sizes())
    source = ["-f", "rawvideo", "-pix_fmt", "bgr0", "-s", f"{width}x{height}", "-r", str(FPS), "-i", "-"]
    command = ["ffmpeg", "-v", "error", "-nostdin", "-y", *source, *codec, "-pix_fmt", "yuv420p", str(out)]
    try:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE)  # noqa: S603 - no shell
    except OSError:
        raise SudareError("caller.configuration", "ffmpeg is not there (Debian package ffmpeg)") from None
    frames, cues = 0, ["WEBVTT\n"]
    with process:
        if process.stdin is None or process.stderr is None:
            raise SudareError("bug.unexpected", "no pipes")
        with contextlib.suppress(BrokenPipeError):
            for at_ms, count, frame in _paced(film.pictures(start_ms, end_ms), rest_s):
                _put(process.stdin, frame, (width, height), count)
                cues.append(f"{_stamp(frames)} --> {_stamp(frames + count)}\n{clock(film, at_ms)}\n")
                frames += count
            process.stdin.close()
        told = process.stderr.read().decode(errors="replace")
    if process.returncode != 0 or not frames:
        raise SudareError("caller.configuration", f"ffmpeg: {told.strip() or 'nothing to show'}")
    out.with_suffix(".vtt").write_text("\n".join(cues), encoding="utf-8")
    return frames


def stills(film: Film, folder: Path, *, start_ms: int = 0, end_ms: int | None = None, every_s: float = 0.0) -> int:
    """
    Pictures as PNG in `folder`, exact to the pixel, and `timeline.tsv`; how many.

    `every_s`: leave out those that follow sooner, but for snapshots.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    count, last_ms = 0, None
    with (folder / TABLE).open("w", encoding="utf-8") as table:
        table.write("file\tms\ttime\tsnapshot\n")
        for shown in film.pictures(start_ms, end_ms):
            if last_ms is not None and shown.at_ms - last_ms < every_s * 1000 and not shown.snapshot:
                continue
            name = f"{count:06d}.png"
            (folder / name).write_bytes(png(shown.frame))
            table.write(f"{name}\t{shown.at_ms}\t{clock(film, shown.at_ms)}\t{'yes' if shown.snapshot else ''}\n")
            count, last_ms = count + 1, shown.at_ms
    return count


def clock(film: Film, at_ms: int) -> str:
    """The time of day, with its zone, as this machine keeps it."""
    return datetime.fromtimestamp((film.head.started + at_ms) / 1000).astimezone().isoformat(" ", "milliseconds")


def png(frame: Frame) -> bytes:
    """The picture in the PNG format (RFC 2083)."""
    height, width = frame.shape[:2]
    rows = np.zeros((height, 1 + width * 3), np.uint8)  # each row begins with filter 0
    rows[:, 1:] = frame[:, :, 2::-1].reshape(height, -1)
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(rows.tobytes(), 3)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in parts
    )


def _paced(pictures: Iterator[Shown], rest_s: float) -> Iterator[tuple[int, int, Frame]]:
    """(time, frames to hold it, picture): each at least one frame, rests shortened, the last one for a second."""
    held: tuple[int, Frame] | None = None
    for shown in pictures:
        if held is not None:
            seconds = (shown.at_ms - held[0]) / 1000
            yield held[0], max(1, round((min(seconds, rest_s) if rest_s else seconds) * FPS)), held[1]
        held = shown.at_ms, shown.frame.copy()
    if held is not None:
        yield held[0], FPS, held[1]


def _put(pipe: IO[bytes], frame: Frame, size: tuple[int, int], count: int) -> None:
    height, width = frame.shape[:2]
    if size != (width, height):
        canvas = black(*size)
        canvas[:height, :width] = frame
        frame = canvas
    data = frame.tobytes()
    for _ in range(count):
        pipe.write(data)


def _stamp(frames: int) -> str:
    ms = frames * 1000 // FPS
    return f"{ms // 3_600_000:02d}:{ms // 60_000 % 60:02d}:{ms // 1000 % 60:02d}.{ms % 1000:03d}"
