from hypothesis import given
from hypothesis import strategies as st

from sudare.desktop.rdp.input import Input


class Line:
    def __init__(self):
        self.said = []

    def key(self, scancode, *, extended, down):
        self.said.append(("key", scancode, extended, down))

    def unicode(self, unit, *, down):
        self.said.append(("unicode", unit, down))

    def mouse(self, flags, x, y):
        self.said.append(("mouse", flags, x, y))

    def mouse_extended(self, flags, x, y):
        self.said.append(("extended", flags, x, y))


def speaking():
    line = Line()
    return line.said, Input(line)


def test_a_move_says_where_and_a_press_says_which():
    said, i = speaking()

    i.pointer(3, 4, 0)
    i.pointer(3, 4, 1)
    i.pointer(3, 4, 4 | 8)

    assert said == [
        ("mouse", 0x0800, 3, 4),
        ("mouse", 0x9000, 3, 4),
        ("mouse", 0x1000, 3, 4), ("mouse", 0xA000, 3, 4), ("extended", 0x8001, 3, 4),
    ]  # fmt: skip


def test_the_wheel_is_nine_bits_and_turns_the_other_way():
    said, i = speaking()

    i.wheel(1, 2, 0, 120)
    i.wheel(1, 2, 30, -150)

    assert said == [
        ("mouse", 0x0200 | 0x100 | 0x88, 1, 2),
        ("mouse", 0x0200 | 120, 1, 2), ("mouse", 0x0200 | 30, 1, 2), ("mouse", 0x0400 | 30, 1, 2),
    ]  # fmt: skip


def test_text_is_utf16_and_line_breaks_are_enter():
    said, i = speaking()

    i.text("簾𠮟\r\n")

    assert [s[1] for s in said[::2]] == [ord("簾"), 0xD842, 0xDF9F, 0x1C]
    assert [s[-1] for s in said] == [True, False] * 4


def test_a_key_without_a_place_is_nothing():
    said, i = speaking()

    i.key(0, extended=False, down=True)
    i.key(200, extended=False, down=True)

    assert said == []


@given(st.lists(st.tuples(st.integers(1, 5), st.booleans(), st.booleans())), st.integers(0, 31))
def test_release_leaves_nothing_held(keys, buttons):
    said, i = speaking()
    for scancode, extended, down in keys:
        i.key(scancode, extended=extended, down=down)
    i.pointer(1, 1, buttons)

    i.release()

    held = {}
    for kind, what, *rest in said:
        if kind == "key":
            held[what, rest[0]] = rest[1]
        elif what & 0xF003 & ~0x8000:
            held[kind, what & 0x7003] = bool(what & 0x8000)
    assert not any(held.values())
