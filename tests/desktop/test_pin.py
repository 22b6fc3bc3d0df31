import hashlib

import pytest

from sudare.base.errors import SudareError
from sudare.desktop.pin import Pin, fingerprint_of

HEX = hashlib.sha256(b"der").hexdigest()


def test_a_pin_accepts_its_certificate_only():
    pin = Pin.parse(f"sha256:{HEX}")

    assert pin.accepts(fingerprint_of(b"der"))
    assert not pin.accepts(fingerprint_of(b"other"))


def test_a_pin_may_be_written_in_capitals():
    assert Pin.parse(f"SHA256:{HEX.upper()}").accepts(fingerprint_of(b"der"))


def test_first_use_accepts_what_comes():
    assert Pin.parse("first-use").accepts(fingerprint_of(b"anything"))


@pytest.mark.parametrize("text", ["", "*", "none", "sha256:", "sha256:" + "0" * 63, HEX])
def test_anything_else_is_refused(text):
    with pytest.raises(SudareError) as caught:
        Pin.parse(text)

    assert caught.value.code == "office.pc-certificate"
