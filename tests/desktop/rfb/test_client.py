import json
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.rfb import client, greeting, opened, rectangle, update, with_password

from sudare.base.errors import SudareError
from sudare.desktop.rfb import messages
from sudare.desktop.rfb.client import Limits
from sudare.desktop.source import CopyHint, Cursor, Phase, Rect

VECTORS = Path(__file__).parents[2] / "vectors" / "rfb"
ALL = rectangle(0, 0, 8, 4, 0, bytes(range(128)))
SIZE, LAST, POINTER, SCREENS = -223, -224, -239, -308


def screens(reason, status, w, h):
    return rectangle(reason, status, w, h, SCREENS, b"\x01\0\0\0" + struct.pack(">IHHHHI", 3, 0, 0, w, h, 4))


def asked(w=8, h=4, *, incremental=True):
    return messages.update_request(w, h, incremental=incremental)


def test_the_first_update_makes_the_picture():
    c = opened()

    c.receive(update(ALL))
    damage = c.take_damage()

    assert damage.resized
    assert damage.rects == [Rect(0, 0, 8, 4)]
    assert c.frame.tobytes() == bytes(range(128))


def test_damage_waits_for_the_end_of_its_update():
    c = opened()
    c.receive(update(ALL))
    c.take_damage()
    data = update(rectangle(0, 0, 1, 1, 0, b"abcd"), rectangle(1, 0, 1, 1, 0, b"efgh"))

    c.receive(data[:-1])
    assert not c.changed
    c.receive(data[-1:])

    assert c.take_damage().rects == [Rect(0, 0, 2, 1)]


def test_the_next_update_is_asked_for_as_soon_as_one_begins():
    c = opened()

    c.receive(update(ALL)[:4])

    assert c.data_to_send() == asked()


def test_held_nothing_is_asked_for_until_let_go():
    c = opened()

    c.hold(True)
    c.receive(update(ALL))
    assert c.data_to_send() == b""
    c.hold(False)
    c.hold(False)

    assert c.data_to_send() == asked()


def test_continuous_updates_replace_asking():
    c = opened()

    c.receive(b"\x96")
    assert c.data_to_send() == messages.continuous(8, 4, on=True) + asked()
    c.receive(update(ALL))
    assert c.data_to_send() == b""

    c.hold(True)
    assert c.data_to_send() == messages.continuous(8, 4, on=False)
    c.receive(b"\x96")
    assert c.data_to_send() == b""
    c.hold(False)
    assert c.data_to_send() == messages.continuous(8, 4, on=True) + asked()


def test_a_fence_is_answered_with_what_we_know():
    c = opened()

    c.receive(struct.pack(">B3xIB", 248, (1 << 31) | 0xFF, 3) + b"abc")
    assert c.data_to_send() == struct.pack(">B3xIB", 248, 7, 3) + b"abc"
    c.receive(struct.pack(">B3xIB", 248, 7, 0))

    assert c.data_to_send() == b""


def test_a_copy_is_told_as_a_copy():
    c = opened()
    c.receive(update(ALL))
    c.take_damage()

    c.receive(update(rectangle(0, 0, 8, 3, 1, bytes([0, 0, 0, 1]))))
    damage = c.take_damage()

    assert damage.copies == [CopyHint(0, 1, 8, 3, 0, 0)]
    assert c.frame[:3].tobytes() == bytes(range(32, 128))


def test_another_size_makes_another_picture_and_asks_for_all_of_it():
    c = opened()
    c.receive(update(ALL))
    c.take_damage()
    c.data_to_send()

    c.receive(update(rectangle(0, 0, 6, 5, SIZE)))
    damage = c.take_damage()

    assert damage.resized
    assert c.frame.shape == (5, 6, 4)
    assert c.data_to_send() == asked() + asked(6, 5, incremental=False)


def test_a_size_is_asked_for_once_the_server_said_it_can():
    c = opened()

    c.resize(20, 10, 100)
    assert c.data_to_send() == b""
    c.receive(update(screens(0, 0, 8, 4)))
    c.data_to_send()
    c.resize(20, 10, 100)

    assert c.data_to_send() == messages.desktop_size(20, 10, (3, 4))


def test_a_refused_size_changes_nothing():
    c = opened()
    c.receive(update(screens(0, 0, 8, 4)))

    c.receive(update(screens(1, 1, 20, 10)))

    assert c.frame.shape == (4, 8, 4)
    assert c.failure is None


def test_the_pointer_image_is_told():
    c = opened()

    c.receive(update(rectangle(0, 0, 1, 1, POINTER, b"\x01\x02\x03\x00\x80")))

    assert c.take_damage().cursor == Cursor(0, 0, 1, 1, b"\x03\x02\x01\xff")


def test_an_update_may_end_by_a_last_rectangle():
    c = opened()

    c.receive(update(ALL, rectangle(0, 0, 0, 0, LAST), count=0xFFFF) + update(ALL))

    assert c.failure is None
    assert c.changed


def test_bells_colours_and_clipboards_are_read_past():
    c = opened()
    long = 300 * 1024

    c.receive(b"\x02" + struct.pack(">BxHH", 1, 0, 2) + bytes(12))
    c.receive(struct.pack(">B3xi", 3, 5) + b"hello" + struct.pack(">B3xi", 3, -8) + bytes(8))
    c.receive(struct.pack(">B3xi", 3, long) + bytes(long))
    c.receive(update(ALL))

    assert c.failure is None
    assert c.changed


@pytest.mark.parametrize(
    "data",
    [
        b"\x63",
        update(rectangle(7, 0, 2, 1, 0)),
        update(rectangle(0, 0, 1, 1, 5)),
        update(rectangle(0, 0, 8, 4, 1, bytes([0, 1, 0, 0]))),
        update(rectangle(0, 0, 0, 5, SIZE)),
        update(rectangle(0, 0, 20000, 5, SIZE)),
        update(rectangle(0, 0, 16000, 16000, SIZE)),
        update(rectangle(0, 0, 60000, 60000, POINTER)),
        struct.pack(">B3xIB", 248, 0, 65),
    ],
)
def test_what_no_honest_server_sends_ends_the_session(data):
    c = opened()

    c.receive(data)

    assert (c.phase, c.failure) == (Phase.CLOSED, "office.pc-protocol")
    assert c.receive(b"more") == []


def test_limits_are_the_callers():
    small = opened(limits=Limits(side=100, pixels=64, rects=2))

    small.receive(update(rectangle(0, 0, 9, 9, SIZE)))
    many = opened(limits=Limits(rects=2))
    many.receive(update(count=3))
    endless = opened(limits=Limits(rects=2))
    endless.receive(update(ALL, ALL, ALL, count=0xFFFF))

    assert small.failure == many.failure == endless.failure == "office.pc-protocol"


def test_a_line_lost_early_was_no_pc_and_later_a_closed_one():
    early, late = client(), opened()

    early.lost()
    late.lost()

    assert early.failure == "office.pc-unreachable"
    assert late.failure == "office.pc-closed"


def test_the_first_failure_stays():
    c = opened()

    c.fail(SudareError("office.pc-certificate"))
    c.lost()

    assert c.failure == "office.pc-certificate"


def test_our_own_end_is_no_failure():
    c = opened()

    c.close()
    c.lost()

    assert (c.phase, c.failure) == (Phase.CLOSED, None)


def test_input_before_the_desktop_goes_nowhere():
    c = client()

    c.key(down=True, scancode=30, extended=False, keysym=0x61)
    c.pointer(1, 1, 1)

    assert c.data_to_send() == b""


def test_keys_go_by_keysym_and_release_lets_go():
    c = opened()

    c.key(down=True, scancode=30, extended=False, keysym=0x61)
    c.release()

    assert c.data_to_send() == messages.key(0x61, down=True) + messages.key(0x61, down=False)


def transcripts():
    return sorted(VECTORS.glob("*.json"))


def replayed(path, cuts):
    meta = json.loads(path.read_text())
    data = path.with_suffix(".bin").read_bytes()
    c = with_password()
    for a, b in zip([0, *cuts], [*cuts, len(data)], strict=True):
        c.receive(data[a:b])
        c.data_to_send()
        c.take_damage()
    assert c.failure is None
    assert c.frame.shape[:2] == (meta["h"], meta["w"])
    return np.ascontiguousarray(c.frame[:, :, :3]).tobytes() == path.with_suffix(".bgr").read_bytes()


def test_there_are_transcripts_of_a_real_server():
    assert len(transcripts()) >= 3


@pytest.mark.parametrize("path", transcripts(), ids=lambda p: p.stem)
@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_a_real_session_replays_bit_exactly_however_it_is_cut(path, data):
    size = path.with_suffix(".bin").stat().st_size
    cuts = data.draw(st.lists(st.integers(0, size), max_size=40).map(sorted))

    assert replayed(path, cuts)


@pytest.mark.parametrize("path", transcripts(), ids=lambda p: p.stem)
def test_a_real_session_replays_byte_by_byte(path):
    size = min(path.with_suffix(".bin").stat().st_size, 20_000)

    assert replayed(path, list(range(1, size)))


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=200), st.integers(0, 200))
def test_noise_never_breaks_anything_but_the_session(noise, at):
    stream = greeting() + update(ALL)
    c = client()

    c.receive(stream[:at] + noise)

    assert c.failure in (None, "office.pc-protocol", "office.pc-credentials", "office.pc-credentials-missing")
