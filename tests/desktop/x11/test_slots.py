from hypothesis import given
from hypothesis import strategies as st

from sudare.desktop.x11.slots import Slots


def test_a_character_keeps_its_keycode_as_long_as_others_have_room():
    bound = []
    slots = Slots([90, 91], lambda code, keysym: bound.append((code, keysym)))

    codes = [slots.code_for(keysym) for keysym in (1, 2, 1, 2)]

    assert codes[:2] == codes[2:]
    assert sorted(code for code, _ in bound) == [90, 91]


def test_a_keycode_gets_another_meaning_only_when_what_was_typed_is_read():
    slots = Slots([90], lambda *_: None)
    slots.code_for(1)

    before = slots.code_for(2)
    slots.settle()

    assert (before, slots.code_for(2)) == (None, 90)


def test_a_keycode_that_is_held_keeps_its_meaning_while_there_is_another():
    slots = Slots([90, 91], lambda *_: None)
    held, other = slots.code_for(1), slots.code_for(2)
    slots.settle()

    assert slots.code_for(3, held=[held]) == other
    assert slots.code_for(4, held=[held]) == held


def test_without_any_keycode_it_says_so():
    assert not Slots([], lambda *_: None).usable


def test_what_may_still_be_looked_up_is_not_given_back():
    meaning = {}
    slots = Slots([90, 91], meaning.__setitem__)
    slots.code_for(1)
    slots.settle()
    slots.code_for(2)

    slots.clear()

    assert sorted(meaning.values()) == [0, 2]


@given(st.lists(st.integers(1, 6) | st.none(), max_size=60), st.integers(1, 4))
def test_whoever_reads_late_still_reads_what_was_typed(script, size):
    """None: every program has read everything, as the keycodes mean now; what it reads must be what was typed."""
    meaning, unread, typed, read = {}, [], [], []
    slots = Slots(range(90, 90 + size), meaning.__setitem__)

    def settle():
        read.extend(meaning[code] for code in unread)
        unread.clear()
        slots.settle()

    for keysym in script:
        if keysym is None:
            settle()
            continue
        code = slots.code_for(keysym)
        if code is None:
            settle()
            code = slots.code_for(keysym)
        unread.append(code)
        typed.append(keysym)
    settle()

    assert read == typed
