"""
One recording's file, while it is written: appended to, synced, closed even when the disk is full.

INVARIANT: what `append` returned from is on the disk; a failed append leaves the file as it was before.
INVARIANT: a file that is being written is locked; `mend` leaves it alone.
"""

import errno
import fcntl
import os
import threading
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sudare.base.errors import SudareError
from sudare.wire.recording.blocks import BlockReader
from sudare.wire.recording.head import Head, How
from sudare.wire.recording.ledger import Judge, Ledger

SUFFIX: Final = ".sudarec"
RESERVE: Final = 262_144  # bytes kept back so that a full disk still takes the manifest
_CHUNK: Final = 1 << 20
_FULL: Final = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class RecordingFile:
    """The writing end. Every failure of the disk is `office.recording-full` or `office.recording`."""

    def __init__(self, path: Path, head: Head, key: Ed25519PrivateKey) -> None:
        self.path = path
        self._ledger = Ledger(key)
        self._reserve = path.with_suffix(".reserve")
        self._size = 0
        self._handle = -1
        self._writing = threading.Lock()  # a disk that hangs may still be appending when the end is written
        try:
            self._handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._keep_back()
            self._write(self._ledger.open(head))
            _sync_folder(path.parent)
        except OSError as failure:
            self._give_up()
            raise _failure(failure) from None

    @property
    def segments(self) -> int:
        """How many it holds."""
        return self._ledger.segments

    def append(self, segment: bytes) -> None:
        """One more segment, on the disk when this returns."""
        with self._writing:
            data = self._ledger.append(segment)
            try:
                self._write(data)
            except OSError as failure:
                self._ledger.undo()
                raise _failure(failure) from None

    def close(self, how: How, ended_ms: int) -> None:
        """The manifest; the reserve makes room for it."""
        with self._writing:
            try:
                self._reserve.unlink(missing_ok=True)
                self._write(self._ledger.close(how, max(ended_ms, self._ledger.last_ms)))
            except OSError as failure:
                raise _failure(failure) from None
            finally:
                os.close(self._handle)
                self._handle = -1

    def discard(self) -> None:
        """Nothing was recorded: as if it had never been begun."""
        with self._writing:
            self._give_up()

    def _keep_back(self) -> None:
        handle = os.open(self._reserve, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            os.posix_fallocate(handle, 0, RESERVE)
        finally:
            os.close(handle)

    def _write(self, data: bytes) -> None:
        try:
            view, at = memoryview(data), self._size
            while view:
                done = os.pwrite(self._handle, view, at)
                view, at = view[done:], at + done
            os.fdatasync(self._handle)
        except OSError:
            os.ftruncate(self._handle, self._size)
            raise
        self._size += len(data)

    def _give_up(self) -> None:
        self._reserve.unlink(missing_ok=True)
        if self._handle >= 0:
            self.path.unlink(missing_ok=True)
            os.close(self._handle)
            self._handle = -1


def mend(path: Path, key: Ed25519PrivateKey) -> bool:
    """Close a file that an earlier run left open, after its last whole segment; False when there is nothing to mend."""
    try:
        handle = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        ledger = Ledger(key)
        whole = _unfinished(handle, key.public_key().public_bytes_raw(), ledger)
        if not whole:
            return False
        path.with_suffix(".reserve").unlink(missing_ok=True)
        os.ftruncate(handle, whole)
        os.pwrite(handle, ledger.close("cut-short", ledger.last_ms), whole)
        os.fsync(handle)
    except OSError:
        return False
    finally:
        os.close(handle)
    return True


def _unfinished(handle: int, signer: bytes, ledger: Ledger) -> int:
    """Where the last whole block of a sound file without an end ends; 0 when it is anything else."""
    judge, reader, at = Judge(signer), BlockReader(), 0
    try:
        while chunk := os.pread(handle, _CHUNK, at):
            at += len(chunk)
            for block in reader.receive(chunk):
                judge.take(block)
                ledger.follow(block)
    except SudareError:
        return 0
    verdict = judge.end(reader.trailing)
    return 0 if verdict.head is None or verdict.findings or verdict.close is not None else reader.whole


def _failure(failure: OSError) -> SudareError:
    code = "office.recording-full" if failure.errno in _FULL else "office.recording"
    return SudareError(code, errno.errorcode.get(failure.errno or 0, type(failure).__name__))


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
