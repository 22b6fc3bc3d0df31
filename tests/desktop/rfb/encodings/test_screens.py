import struct

from tests.support.rfb import run

from sudare.desktop.rfb.encodings import screens


def test_the_first_screen_is_remembered_by_id_and_flags():
    screen = struct.pack(">IHHHHI", 77, 0, 0, 800, 600, 5)

    assert run(screens.decode(), b"\x02\0\0\0" + screen * 2) == (77, 5)


def test_no_screen_is_screen_zero():
    assert run(screens.decode(), b"\x00\0\0\0") == (0, 0)
