"""`sudare recording ...`: for the auditor, who holds the key that reads what connectors record."""

import re
import sys
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from sudare.base.errors import SudareError
from sudare.connector.recording import export as exporting
from sudare.connector.recording import keys as pairs
from sudare.connector.recording.reading import Film, judge, recordings
from sudare.entry.connector import CONFIG
from sudare.entry.connector_config import load
from sudare.wire.recording.head import signer_of
from sudare.wire.recording.ledger import Verdict

app = App(name="recording", help="Recordings of sessions: keys, verification, playing.")

Key = Annotated[Path, Parameter(name="--key", help="The private key `sudare recording keys` made.")]
Signer = Annotated[str, Parameter(help="The connector's signing key, as `sudare recording signer` prints it there.")]
Start = Annotated[float, Parameter(name="--from", help="Seconds after the recording began.")]
End = Annotated[float, Parameter(name="--to", help="Seconds after the recording began; 0: its end.")]
Broken = Annotated[bool, Parameter(help="Show also what is left of a recording that was tampered with.", negative="")]


@app.command
def keys(directory: Path = Path(), /) -> None:
    """Make the site's pair: `recording.key` for the auditor alone, `recording.pub` for every connector."""
    private, public = pairs.make(directory)
    print(private, "(keep it with the auditor, away from the servers)")
    print(public, "(copy it to the connectors: [recording] key)")


@app.command
def signer(*, directory: Annotated[Path, Parameter(name="--dir", help="The connector's directory.")]) -> None:
    """The public key this connector signs its recordings with, for `--signer`."""
    print(pairs.signer(load(directory / CONFIG).state).public_key().public_bytes_raw().hex())


@app.command(name="list")
def list_(path: Path, /) -> None:
    """Recordings here: file, began (Unix seconds), length, person, target, state."""
    for file in recordings(path):
        verdict = judge(file)
        head = verdict.head
        if head is None:
            print(file.name, "", "", "", "", verdict.state, sep="\t")
            continue
        print(file.name, head.started // 1000, _length(verdict), head.acc, head.tgt, verdict.state, sep="\t")


@app.command
def verify(path: Path, /, *, key: Key | None = None, signer: Signer = "") -> None:
    """Whether recordings are as the connector wrote them; with the key, every segment is opened as well."""
    wanted, private = _signer(signer), pairs.reading_private(key) if key else None
    sound = True
    for file in recordings(path):
        verdict = judge(file, signer=wanted, private=private)
        sound &= verdict.state == "whole"
        for line in _told(file, verdict, compared=wanted is not None):
            print(line)
    if not sound:
        sys.exit(1)


@app.command
def export(
    path: Path,
    /,
    *,
    key: Key,
    out: Annotated[Path, Parameter(help="video.mp4 (AV1) or video.webm (VP9); its times go beside it, as .vtt.")],
    start: Start = 0.0,
    end: End = 0.0,
    rest: Annotated[float, Parameter(help="Shorten longer rests to so many seconds; 0 keeps them.")] = 2.0,
    signer: Signer = "",
    broken: Broken = False,
) -> None:
    """A video of it; needs the program ffmpeg (Debian package ffmpeg)."""
    film = _film(path, key, signer, broken=broken)
    frames = exporting.video(film, out, start_ms=int(start * 1000), end_ms=_until(end), rest_s=rest)
    print(out, f"{frames / exporting.FPS:.0f} s")


@app.command
def play(
    path: Path,
    /,
    *,
    key: Key,
    out: Annotated[Path, Parameter(help="A folder for the pictures and timeline.tsv.")],
    start: Start = 0.0,
    end: End = 0.0,
    every: Annotated[float, Parameter(help="At most one picture in so many seconds; 0: every one.")] = 0.0,
    signer: Signer = "",
    broken: Broken = False,
) -> None:
    """Every picture of it as a PNG file, exact to the pixel, and a table of their times."""
    film = _film(path, key, signer, broken=broken)
    count = exporting.stills(film, out, start_ms=int(start * 1000), end_ms=_until(end), every_s=every)
    print(out / exporting.TABLE, count)


def _film(path: Path, key: Path, signer: str, *, broken: bool) -> Film:
    if not path.is_file():
        raise SudareError("caller.not-found", f"no recording: {path}")
    film = Film(path, pairs.reading_private(key), signer=_signer(signer), broken=broken)
    if film.verdict.state != "whole":
        for line in _told(path, film.verdict, compared=bool(signer)):
            print(line, file=sys.stderr)
    return film


def _until(end: float) -> int | None:
    return int(end * 1000) if end else None


def _signer(text: str) -> bytes | None:
    if text and not re.fullmatch(r"[0-9a-f]{64}", text):
        raise SudareError("caller.configuration", "--signer: 64 hex digits expected")
    return bytes.fromhex(text) if text else None


def _told(file: Path, verdict: Verdict, *, compared: bool) -> list[str]:
    """The verdict in words."""
    how = {"cut-short": "the session process or the connector died", "full": "the disk was full"}
    out = [f"{file.name}: {verdict.state}, {verdict.segments} segments, {_length(verdict)}"]
    if verdict.close is not None and verdict.close.how != "ended":
        out.append(f"  cut short at {_length(verdict)}: {how.get(verdict.close.how, 'recording failed')}")
    if verdict.close is None and verdict.head is not None:
        out.append("  it has no end: nothing proves that no more had been recorded")
    if verdict.trailing:
        out.append(f"  {verdict.trailing} bytes of a segment that was never finished")
    out += [f"  {found.what}" + (f": segment {found.segment}" if found.segment else "") for found in verdict.findings]
    if verdict.head is not None and not compared:
        out.append(f"  signed by {signer_of(verdict.head).hex()}; compare it, or give --signer")
    return out


def _length(verdict: Verdict) -> str:
    ms = verdict.close.ended if verdict.close is not None else verdict.last_ms
    return f"{ms // 3_600_000}:{ms // 60_000 % 60:02d}:{ms // 1000 % 60:02d}"
