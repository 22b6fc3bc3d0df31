import re
from pathlib import Path

from sudare.desktop.x11.keys import KEYCODES, MODIFIERS, Keymap, keysym_of

ROOT = Path(__file__).parents[3]


def keymap(**rows):
    """A keyboard with these keycodes (`k38=(0x61, 0x41)`)."""
    table = [0] * 256 * 4
    for name, row in rows.items():
        code = int(name[1:])
        table[code * 4 : code * 4 + len(row)] = row
    return Keymap(table)


def test_every_key_the_viewer_sends_has_a_place():
    source = (ROOT / "web/packages/screen/src/keys.ts").read_text().split("const TABLE")[0]
    rows, _, others = source.partition("const SINGLE")
    single, _, extended = others.partition("const EXTENDED")

    plain = [
        (int(first, 16) + at, False)
        for first, names in re.findall(r'\[(0x[0-9a-f]+), "([^"]+)"\]', rows)
        for at in range(len(names.split()))
    ]
    sent = plain + [(int(code, 16), False) for code in re.findall(r"\w+: (0x[0-9a-f]+)", single)]
    sent += [(int(code, 16), True) for code in re.findall(r"\w+: (0x[0-9a-f]+)", extended)]

    assert len(sent) > 100
    assert [key for key in sent if key not in KEYCODES] == []


def test_no_two_keys_have_one_place():
    assert len(set(KEYCODES.values())) == len(KEYCODES)
    assert set(KEYCODES.values()) >= MODIFIERS


def test_latin_is_its_own_keysym_and_everything_else_is_unicodes():
    assert [keysym_of(c) for c in "a~é簾𠮷"] == [0x61, 0x7E, 0xE9, 0x01007C3E, 0x01020BB7]


def test_spare_is_what_means_nothing_and_is_no_key():
    keys = keymap(k38=(0x61, 0x41), k93=(), k120=(0xFFB7,))

    assert 93 in keys.spare()
    assert not {38, 120, KEYCODES[0x73, False]} & set(keys.spare())
    assert min(keys.spare()) >= 8


def test_what_an_earlier_session_left_behind_is_spare_again():
    keys = keymap(k93=(0x01003042, 0x01003042), k120=(0x01003042, 0x01003044))

    assert 93 in keys.spare()
    assert 120 not in keys.spare()


def test_a_key_that_needs_no_shift_is_found_by_what_it_gives():
    keys = keymap(k38=(0x61, 0x41))

    assert (keys.plain(0x61), keys.plain(0x41)) == (38, None)
