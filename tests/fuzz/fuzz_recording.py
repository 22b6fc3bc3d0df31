"""
Hostile recordings: what may lie in a file that somebody else could write to.

Whatever lies in a file is judged or refused; only what the connector signed is ever found whole.
"""

from tests.vectors.recording.generate import CONTENT, ID, SIGNER, pieces

from sudare.base.errors import SudareError
from sudare.wire.recording import head, segment
from sudare.wire.recording.blocks import MAGIC, BlockReader
from sudare.wire.recording.ledger import Judge

GOOD = b"".join(pieces())
SIGNED_BY = SIGNER.public_key().public_bytes_raw()


def one(data: bytes) -> None:
    """One input: as a file, as what follows a good beginning, as a patch upon a good file, and as each of the parts."""
    judge(data)
    judge(MAGIC + data)
    if len(data) > 4:
        at = int.from_bytes(data[:4], "little") % len(GOOD)
        patched = GOOD[:at] + data[4:] + GOOD[at + len(data) - 4 :]
        assert judge(patched) != "whole" or patched == GOOD
    for decode in (head.decode_head, head.decode_close, lambda d: segment.unseal(d, CONTENT, ID)):
        try:
            decode(data)
        except SudareError:
            continue


def judge(data: bytes) -> str:
    """What becomes of these bytes."""
    reader, found = BlockReader(), Judge(SIGNED_BY, CONTENT)
    try:
        for block in reader.receive(data):
            found.take(block)
    except SudareError:
        return found.end(reader.trailing, unreadable=True).state
    return found.end(reader.trailing).state


def seeds():
    yield GOOD
    yield GOOD[len(MAGIC) :]
    yield from pieces()
    for at in (0, len(MAGIC), len(GOOD) // 2, len(GOOD) - 1):
        yield at.to_bytes(4, "little") + GOOD[at : at + 40]
