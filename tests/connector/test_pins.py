"""Certificates of office PCs, remembered."""

from sudare.connector.pins import FILE, Pins

FIRST, LATER = "sha256:" + "1" * 64, "sha256:" + "2" * 64


def test_the_first_certificate_is_required_from_then_on(tmp_path):
    pins = Pins(tmp_path)
    assert pins.rule("pc", "first-use") == "first-use"

    pins.seen("pc", FIRST)
    pins.seen("pc", LATER)

    assert pins.rule("pc", "first-use") == FIRST
    assert pins.rule("other", "first-use") == "first-use"


def test_it_is_still_required_after_a_restart(tmp_path):
    Pins(tmp_path).seen("pc", FIRST)

    assert Pins(tmp_path).rule("pc", "first-use") == FIRST
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600


def test_a_configured_certificate_stands_above_what_was_seen(tmp_path):
    pins = Pins(tmp_path)
    pins.seen("pc", FIRST)

    assert pins.rule("pc", LATER) == LATER
    assert pins.rule("pc", "none") == "none"
