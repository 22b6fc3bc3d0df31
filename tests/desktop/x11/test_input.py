from hypothesis import given
from hypothesis import strategies as st

from sudare.desktop.x11.input import LIMIT, Input

PRESS, RELEASE, BUTTON, LET_GO, MOVE = 2, 3, 4, 5, 6
A, SHIFT = 30, 42  # scancodes


class Line:
    def __init__(self):
        self.said, self.asked = [], 0

    def fake(self, kind, detail, x, y):
        self.said.append((kind, detail, x, y) if kind == MOVE else (kind, detail))

    def bind(self, keycode, keysym):
        self.said.append(("bind", keycode, keysym))

    def ask(self):
        self.asked += 1


def speaking(spare=2):
    """A keyboard where every key means something but `spare` of them; `a` is where it should be."""
    table = [0xFF00] * 256 * 4
    table[38 * 4] = 0x61
    for code in range(247, 247 + spare):
        table[code * 4 : code * 4 + 4] = [0] * 4
    line = Line()
    return line, Input(line, table)


def typed(line):
    """What a program that reads everything at once would see."""
    meaning, out = {}, []
    for kind, *rest in line.said:
        if kind == "bind":
            meaning[rest[0]] = rest[1]
        elif kind == PRESS:
            out.append(meaning.get(rest[0], rest[0]))
    return out


def test_a_key_is_pressed_by_its_place():
    line, i = speaking()

    i.key(down=True, scancode=A, extended=False, keysym=0x71)
    i.key(down=False, scancode=A, extended=False, keysym=0x71)

    assert line.said == [(PRESS, 38), (RELEASE, 38)]


def test_a_key_without_a_place_is_pressed_by_what_it_means():
    line, i = speaking()

    for keysym in (0x61, 0x01003042):
        i.key(down=True, scancode=0, extended=False, keysym=keysym)
        i.key(down=False, scancode=0, extended=False, keysym=keysym)

    (bound, code, keysym), *keys = line.said[2:]
    assert line.said[:2] == [(PRESS, 38), (RELEASE, 38)]
    assert (bound, keysym, keys) == ("bind", 0x01003042, [(PRESS, code), (RELEASE, code)])


def test_a_key_that_neither_has_a_place_nor_means_anything_is_nothing():
    line, i = speaking()

    i.key(down=True, scancode=0, extended=False, keysym=0)
    i.key(down=True, scancode=200, extended=True, keysym=0)

    assert line.said == []


def test_a_held_key_repeats_as_the_browser_says_and_shift_does_not():
    line, i = speaking()

    for scancode in (A, A, SHIFT, SHIFT):
        i.key(down=True, scancode=scancode, extended=False, keysym=0)

    assert line.said == [(PRESS, 38), (RELEASE, 38), (PRESS, 38), (PRESS, 50)]


def test_a_move_says_where_and_a_press_says_which():
    line, i = speaking()

    i.pointer(3, 4, 0)
    i.pointer(3, 4, 1)
    i.pointer(3, 4, 4 | 8)

    assert line.said == [(MOVE, 0, 3, 4), (BUTTON, 1), (LET_GO, 1), (BUTTON, 3), (BUTTON, 8)]


def test_parts_of_a_notch_add_up_and_the_signs_are_right():
    line, i = speaking()

    for _ in range(4):
        i.wheel(1, 2, 30, -60)

    assert [s for s in line.said if s[0] == BUTTON] == [(BUTTON, 4), (BUTTON, 7), (BUTTON, 4)]


def test_more_characters_than_keycodes_wait_until_what_was_typed_is_read():
    line, i = speaking(spare=2)

    i.text("あいう")
    waited = typed(line), i.waiting, line.asked
    i.settled()

    assert waited == ([0x01003042, 0x01003044], True, 1)
    assert (typed(line), i.waiting) == ([0x01003042, 0x01003044, 0x01003046], False)


def test_what_comes_after_a_waiting_character_comes_after_it():
    line, i = speaking(spare=1)

    i.text("あい\n")
    i.key(down=True, scancode=A, extended=False, keysym=0)
    i.pointer(5, 6, 1)
    before = len(line.said)
    i.settled()

    assert before == 3
    assert typed(line) == [0x01003042, 0x01003044, 36, 38]
    assert line.said[-2:] == [(MOVE, 0, 5, 6), (BUTTON, 1)]


def test_a_key_let_go_before_there_was_a_keycode_for_it_is_typed_all_the_same():
    line, i = speaking(spare=1)
    i.text("あ")

    i.key(down=True, scancode=0, extended=False, keysym=0x01003044)
    i.key(down=False, scancode=0, extended=False, keysym=0x01003044)
    i.settled()

    assert typed(line) == [0x01003042, 0x01003044]
    assert line.said[-1][0] == RELEASE


def test_text_does_not_wait_for_ever_for_keycodes_that_are_held():
    line, i = speaking(spare=1)
    i.key(down=True, scancode=0, extended=False, keysym=0x01003042)

    i.text("い")
    i.settled()
    i.key(down=False, scancode=0, extended=False, keysym=0x01003042)

    assert [s[0] for s in line.said] == ["bind", PRESS, "bind", RELEASE, PRESS, RELEASE]
    assert (typed(line), i.waiting) == ([0x01003042, 0x01003044], False)


def test_a_character_beyond_16_bits_is_one_key():
    line, i = speaking()

    i.text("𠮷")

    assert typed(line) == [0x01020BB7]


def test_control_characters_are_keys_and_others_are_nothing():
    line, i = speaking()

    i.text("\r\n\t\b\x00\x07")

    assert typed(line) == [36, 23, 22]


def test_a_keyboard_without_a_spare_keycode_types_what_its_keys_give_and_does_not_wait():
    line, i = speaking(spare=0)

    i.text("あ\n")

    assert (typed(line), i.waiting) == ([36], False)


def test_another_keyboard_is_learnt():
    line, i = speaking(spare=1)
    i.text("あ")
    table = [0xFF00] * 256 * 4
    table[93 * 4 : 94 * 4] = [0] * 4

    i.learn(table)
    i.text("あ")

    assert [s for s in line.said if s[0] == "bind"] == [("bind", 247, 0x01003042), ("bind", 93, 0x01003042)]


def test_too_much_text_is_cut_and_what_is_held_is_still_let_go_of():
    line, i = speaking(spare=1)
    i.key(down=True, scancode=A, extended=False, keysym=0)

    i.text("あい" * LIMIT)
    i.release()
    while i.waiting:
        i.settled()

    assert (RELEASE, 38) in line.said
    assert len(typed(line)) == LIMIT + 2  # the key, one character at once, and what could wait


@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("key"), st.sampled_from([0, A, SHIFT]), st.sampled_from([97, 0x1003042]), st.booleans()),
            st.tuples(st.just("text"), st.text("aあい\n", max_size=4)),
            st.tuples(st.just("pointer"), st.integers(0, 31)),
            st.tuples(st.just("settled")),
        ),
        max_size=40,
    ),
    st.integers(0, 2),
    st.booleans(),
)  # fmt: skip
def test_release_and_the_end_leave_nothing_held(script, spare, over):
    line, i = speaking(spare)
    for kind, *rest in script:
        if kind == "key":
            i.key(scancode=rest[0], extended=False, keysym=rest[1], down=rest[2])
        elif kind == "text":
            i.text(rest[0])
        elif kind == "pointer":
            i.pointer(1, 1, rest[0])
        else:
            i.settled()

    if over:
        i.end()
    else:
        i.release()
        while i.waiting:
            i.settled()

    held = {}
    for kind, what, *_ in line.said:
        if kind in {PRESS, RELEASE}:
            held["key", what] = kind == PRESS
        elif kind in {BUTTON, LET_GO}:
            held["button", what] = kind == BUTTON
    assert not any(held.values())
