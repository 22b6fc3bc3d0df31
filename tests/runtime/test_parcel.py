"""Parcels with open files, between real sockets and real processes."""

import array
import asyncio
import os
import socket
import subprocess
import sys

import pytest
from tests.support.sockets import until
from tests.support.watching import open_descriptors

from sudare.base.errors import SudareError
from sudare.runtime.parcel import MAX_FILES, MAX_PARCEL, Parcels, close_files, pair

pytestmark = pytest.mark.anyio


class Desk:
    """One end of a pair and what came to it."""

    def __init__(self, end, *, refuses=False):
        self.came = []
        self.files = []
        self.ends = 0
        self._refuses = refuses
        self.parcels = Parcels(end, self._take, self._ended)

    def _take(self, content, files):
        if self._refuses:
            raise SudareError("caller.malformed", "not understood")
        self.came.append(content)
        self.files += files

    def _ended(self):
        self.ends += 1


@pytest.fixture
async def desks():
    """Our end with a desk, and the bare socket of the other."""
    ours, theirs = pair()
    desk = Desk(ours)
    yield desk, theirs
    desk.parcels.close()
    theirs.close()
    close_files(desk.files)


def post(end, data, files=()):
    """Put a message on the pair without our code."""
    rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", files))] if files else []
    end.sendmsg([data], rights)


async def test_a_parcel_arrives_with_files_that_can_be_used(desks):
    desk, theirs = desks
    other = Desk(theirs)
    read, write = os.pipe()

    assert other.parcels.send({"t": "start", "name": "福祉課"}, [write])
    os.close(write)
    await until(lambda: desk.came)
    os.write(desk.files[0], b"through the file")

    assert desk.came == [{"t": "start", "name": "福祉課"}]
    assert os.read(read, 100) == b"through the file"
    assert not os.get_inheritable(desk.files[0])
    os.close(read)
    other.parcels.close()


async def test_parcels_keep_their_order_and_their_own_files(desks):
    desk, theirs = desks
    other = Desk(theirs)
    counts = [0, MAX_FILES, 0, 1, 2]
    nulls = [os.open(os.devnull, os.O_RDONLY) for _ in range(MAX_FILES)]

    for number, count in enumerate(counts):
        assert other.parcels.send({"n": number, "files": count}, nulls[:count])
    await until(lambda: len(desk.came) == len(counts))

    assert [one["n"] for one in desk.came] == [0, 1, 2, 3, 4]
    assert len(set(desk.files)) == sum(counts)
    close_files(nulls)
    other.parcels.close()


async def test_both_ends_may_talk(desks):
    desk, theirs = desks
    other = Desk(theirs)

    desk.parcels.send({"n": 1})
    other.parcels.send({"n": 2})

    await until(lambda: desk.came and other.came)
    assert (desk.came, other.came) == ([{"n": 2}], [{"n": 1}])
    other.parcels.close()


async def test_the_largest_parcel_arrives_and_a_larger_one_is_not_sent(desks):
    desk, theirs = desks
    other = Desk(theirs)
    largest = {"x": "x" * (MAX_PARCEL - len('{"x":""}'))}

    assert other.parcels.send(largest)
    await until(lambda: desk.came)

    assert desk.came == [largest]
    with pytest.raises(SudareError, match=r"caller\.too-large"):
        other.parcels.send({"x": largest["x"] + "x"})
    with pytest.raises(SudareError, match=r"caller\.too-large"):
        other.parcels.send({}, [0] * (MAX_FILES + 1))
    other.parcels.close()


async def test_the_end_of_the_other_process_is_told_once(desks):
    desk, theirs = desks
    post(theirs, b'{"last":"words"}')

    theirs.close()

    await until(lambda: desk.ends)
    assert (desk.came, desk.ends) == ([{"last": "words"}], 1)
    assert desk.parcels.send({"n": 1}) is False


@pytest.mark.parametrize(
    ("data", "count"),
    [
        (b"nonsense", 2),
        (b"[1, 2]", 2),
        (b'"text"', 1),
        (b"\xff\xfe", 1),
        (b"", 1),
        (b'{"deep":' + b"[" * 20_000, 1),
        (b'{"x":"' + b"x" * MAX_PARCEL + b'"}', 1),
        (b'{"n":1}' + b" " * MAX_PARCEL, 1),
        (b'{"n":1}', MAX_FILES + 1),
        (b'{"n":1}', 200),
    ],
    ids=[
        "not JSON", "a list", "a text", "not UTF-8", "nothing but a file", "nested too deep", "too long",
        "too long with nothing in the end",
        "one file too many", "very many files",
    ],
)  # fmt: skip
async def test_what_is_no_parcel_ends_the_pair_and_leaves_no_file_open(desks, data, count):
    desk, theirs = desks
    null = os.open(os.devnull, os.O_RDONLY)
    before = open_descriptors()

    post(theirs, data, [null] * count)
    await until(lambda: desk.ends)

    assert (desk.came, desk.ends) == ([], 1)
    assert open_descriptors() == before - 1  # our end of the pair
    with pytest.raises(ConnectionError):
        post(theirs, b"{}")
    os.close(null)


async def test_what_the_receiver_does_not_understand_ends_the_pair_and_leaves_no_file_open():
    ours, theirs = pair()
    desk = Desk(ours, refuses=True)
    null = os.open(os.devnull, os.O_RDONLY)
    before = open_descriptors()

    post(theirs, b'{"t":"weather"}', [null, null])
    await until(lambda: desk.ends)

    assert desk.ends == 1
    assert open_descriptors() == before - 1
    os.close(null)
    theirs.close()


async def test_nothing_is_waited_for_when_nobody_listens(desks):
    desk, theirs = desks
    other = Desk(theirs)
    desk.parcels._loop.remove_reader(desk.parcels._end)

    sent = 0
    while other.parcels.send({"n": sent, "x": "x" * 1000}):
        sent += 1
    desk.parcels._loop.add_reader(desk.parcels._end, desk.parcels._readable)

    await until(lambda: len(desk.came) == sent)
    assert [one["n"] for one in desk.came] == [*range(sent)]
    assert 10 < sent < 10_000
    assert other.parcels.send({"again": True})
    other.parcels.close()


async def test_a_false_alarm_is_no_end(desks):
    desk, theirs = desks

    desk.parcels._readable()
    post(theirs, b'{"n":1}')

    await until(lambda: desk.came)
    assert desk.ends == 0


async def test_after_letting_go_nothing_comes_and_nothing_goes(desks):
    desk, theirs = desks
    post(theirs, b'{"n":1}')

    loop, number = asyncio.get_running_loop(), desk.parcels._end.fileno()

    desk.parcels.close()
    desk.parcels.close()

    assert not loop.remove_reader(number)  # the next socket may have this number
    assert desk.parcels.send({"n": 2}) is False
    with pytest.raises(ConnectionError):
        post(theirs, b"{}")
    assert (desk.came, desk.ends) == ([], 0)


def test_closing_files_closes_each_and_minds_no_closed_one():
    read, write = os.pipe()
    os.close(read)

    close_files([read, write])

    for file in (read, write):
        with pytest.raises(OSError, match="Bad file"):
            os.fstat(file)


CHILD = """
import asyncio, os, socket, sys
from sudare.runtime.parcel import Parcels

async def main():
    over = asyncio.Event()
    def take(content, files):
        os.write(files[0], content["text"].encode())
        os.close(files[0])
        parcels.send({"done": content["text"]})
    end = socket.socket(fileno=int(sys.argv[1]))
    end.setblocking(False)
    parcels = Parcels(end, take, over.set)
    await over.wait()

asyncio.run(main())
"""


def child(end):
    """A process with this end of the pair."""
    process = subprocess.Popen([sys.executable, "-c", CHILD, str(end.fileno())], pass_fds=[end.fileno()])
    end.close()
    return process


async def test_another_process_uses_the_file_and_ends_with_us():
    ours, theirs = pair()
    process = child(theirs)
    desk = Desk(ours)
    read, write = os.pipe()

    assert desk.parcels.send({"text": "written by another process"}, [write])
    os.close(write)
    await until(lambda: desk.came)

    assert desk.came == [{"done": "written by another process"}]
    assert os.read(read, 100) == b"written by another process"
    assert os.read(read, 1) == b""
    desk.parcels.close()
    assert process.wait(20) == 0
    os.close(read)


async def test_a_killed_process_is_told():
    ours, theirs = pair()
    process = child(theirs)
    desk = Desk(ours)

    process.kill()

    await until(lambda: desk.ends)
    process.wait(20)
    assert desk.parcels.send({"text": "hello?"}) is False
