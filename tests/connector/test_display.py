"""The connector's own look at X displays: real sockets, real Xauthority files."""

import asyncio
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.displays import cookie_file, xvfb

from sudare.base.errors import SudareError
from sudare.connector import display
from sudare.connector.config import Target

pytestmark = pytest.mark.anyio
COOKIE = bytes(range(16))


def target(name=":20", authority=None):
    return Target("app", "業務", "x11", "", 0, display=name, authority=authority)


def refused(act):
    with pytest.raises(SudareError) as caught:
        act()
    return caught.value.code


@pytest.mark.servers
async def test_a_display_is_dialled_and_its_server_answers():
    with xvfb() as server:
        line = await display.dial(target(server.name + ".0"))

        with line:
            line.setblocking(True)
            line.sendall(b"l\0\x0b\0\0\0\0\0\0\0\0\0")  # X11 protocol 8: little-endian, version 11, no proof

            assert line.recv(1) == b"\1"


async def test_a_display_nobody_serves_is_unreachable(monkeypatch, tmp_path):
    monkeypatch.setattr(display, "SOCKETS", tmp_path)

    with pytest.raises(SudareError) as caught:
        await display.dial(target(":20"))

    assert caught.value.code == "office.pc-unreachable"


@pytest.mark.parametrize("name", ["host:0", ":0/../1", "", ":", ":-1", ":x", ":1.1", ":01"])
async def test_what_is_no_display_of_this_host_is_not_dialled(name):
    with pytest.raises(SudareError) as caught:
        await display.dial(target(name))

    assert caught.value.code == "office.pc-unreachable"


AS_ANOTHER = """
import os, socket, sys
os.setuid(65534)
server = socket.socket(socket.AF_UNIX)
server.bind(sys.argv[1])
server.listen()
print("there", flush=True)
sys.stdin.read()
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")
def test_a_display_of_another_user_is_not_spoken_to(monkeypatch):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o777)
        monkeypatch.setattr(display, "SOCKETS", folder)
        command = [sys.executable, "-c", AS_ANOTHER, str(folder / "X20")]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
            assert other.stdout.readline() == b"there\n"
            mine, theirs = cookie_file(folder / "mine", COOKIE), cookie_file(folder / "theirs", COOKIE)
            os.chown(theirs, 65534, 65534)

            code = refused(lambda: asyncio.run(display.dial(target(authority=mine))))
            line = asyncio.run(display.dial(target(authority=theirs)))  # the operator named that user's file

            line.close()
            other.stdin.close()
    assert code == "office.pc-certificate"


@pytest.mark.parametrize(("number", "family"), [("20", 256), ("", 256), ("20", 65_535), ("", 65_535)])
def test_the_displays_cookie_is_found(tmp_path, number, family):
    path = cookie_file(tmp_path / "x", COOKIE, number, family)

    assert display.cookie(target(authority=path)) == COOKIE.hex()


def test_the_file_xauth_writes_is_read(tmp_path):
    path = tmp_path / "x"
    for name, cookie in ((":7", bytes(16)), (":20", COOKIE), ("elsewhere/unix:20", bytes(16))):
        add = ["xauth", "-f", str(path), "add", name, "MIT-MAGIC-COOKIE-1", cookie.hex()]
        subprocess.run(add, check=True, capture_output=True, timeout=20)

    assert display.cookie(target(authority=path)) == COOKIE.hex()


def test_without_a_file_there_is_no_cookie():
    assert display.cookie(target()) is None


def test_a_cookie_that_is_not_there_is_said(tmp_path):
    other = cookie_file(tmp_path / "x", COOKIE, "21")
    nonsense = tmp_path / "y"
    nonsense.write_bytes(b"\1\0\0\xff")

    for path in (other, nonsense, tmp_path / "gone"):
        assert refused(lambda path=path: display.cookie(target(authority=path))) == "office.pc-protocol"


@settings(deadline=None)  # it touches the disk
@given(st.binary(max_size=60))
def test_any_file_is_a_cookie_or_a_refusal(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "any"
    path.write_bytes(content)

    assert refused(lambda: display.cookie(target(authority=path))) == "office.pc-protocol"
