"""base64url."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sudare.base.encoding import b64, unb64


@given(st.binary(max_size=100))
def test_bytes_come_back(data):
    assert unb64(b64(data)) == data


@pytest.mark.parametrize("text", ["AA==", "AB", "A", "A+/A", "あ", "AA\n"])
def test_any_other_spelling_is_refused(text):
    with pytest.raises(ValueError, match=r"base64|ASCII|padding|digit|characters"):
        unb64(text)
