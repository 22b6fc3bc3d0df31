import struct

from hypothesis import given
from hypothesis import strategies as st

from sudare.desktop.rfb.input import Input, keysym_of


def spoken(data):
    """Messages as tuples: ("key", down, sym) or ("pointer", mask, x, y)."""
    out, pos = [], 0
    while pos < len(data):
        if data[pos] == 4:
            _, down, sym = struct.unpack(">BB2xI", data[pos : pos + 8])
            out.append(("key", down, sym))
            pos += 8
        else:
            _, mask, x, y = struct.unpack(">BBHH", data[pos : pos + 6])
            out.append(("pointer", mask, x, y))
            pos += 6
    return out


def test_characters_become_their_keysyms():
    assert [keysym_of(c) for c in "aé\n\t簾"] == [0x61, 0xE9, 0xFF0D, 0xFF09, 0x01000000 + ord("簾")]


def test_text_presses_and_releases_each_character():
    assert spoken(Input().text("aあ\r\n")) == [
        ("key", 1, 0x61), ("key", 0, 0x61), ("key", 1, 0x01003042), ("key", 0, 0x01003042),
        ("key", 1, 0xFF0D), ("key", 0, 0xFF0D),
    ]  # fmt: skip


def test_an_unknown_key_is_nothing():
    assert Input().key(0, down=True) == b""


def test_the_wheel_presses_its_buttons_and_keeps_parts_of_a_notch():
    i = Input()

    assert i.wheel(5, 6, 0, 60) == b""
    assert spoken(i.wheel(5, 6, 0, 60)) == [("pointer", 16, 5, 6), ("pointer", 0, 5, 6)]
    assert spoken(i.wheel(5, 6, -240, 0)) == [("pointer", 32, 5, 6), ("pointer", 0, 5, 6)] * 2
    assert spoken(i.wheel(5, 6, 120, -120)) == [
        ("pointer", 64, 5, 6), ("pointer", 0, 5, 6), ("pointer", 8, 5, 6), ("pointer", 0, 5, 6),
    ]  # fmt: skip


def test_a_wheel_gone_mad_is_held_back():
    assert len(spoken(Input().wheel(0, 0, 0, 120 * 100_000))) == 40


def test_the_wheel_keeps_the_buttons_held():
    i = Input()
    i.pointer(1, 1, 1)

    assert spoken(i.wheel(1, 1, 0, 120)) == [("pointer", 17, 1, 1), ("pointer", 1, 1, 1)]


def test_buttons_are_the_protocols_own():
    assert spoken(Input().pointer(70_000, -3, 1 | 2 | 4 | 8 | 16)) == [("pointer", 0x87, 65535, 0)]


@given(st.lists(st.tuples(st.integers(1, 5), st.booleans()), max_size=20), st.integers(0, 31))
def test_release_leaves_nothing_held(keys, buttons):
    i = Input()
    said = b"".join(i.key(sym, down=down) for sym, down in keys) + i.pointer(1, 1, buttons) + i.release()

    held, mask = set(), 0
    for message in spoken(said):
        if message[0] == "pointer":
            mask = message[1]
        elif message[1]:
            held.add(message[2])
        else:
            held.discard(message[2])
    assert (held, mask) == (set(), 0)
    assert i.release() == b""
