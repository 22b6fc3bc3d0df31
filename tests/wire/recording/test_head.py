"""What stands in clear."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.vectors.recording.generate import head

from sudare.base.errors import SudareError
from sudare.wire.recording.head import Close, decode_close, decode_head, encode


def test_head_and_manifest_come_back():
    close = Close(how="full", ended=5, hashes=["x"])

    assert decode_head(encode(head("w"))) == head("w")
    assert decode_close(encode(close)) == close


def test_a_version_to_come_is_told_apart_from_garbage():
    later = msgspec.json.decode(encode(head("w"))) | {"v": 2}

    with pytest.raises(SudareError, match=r"caller\.version"):
        decode_head(msgspec.json.encode(later))


@given(st.one_of(st.binary(max_size=60), st.recursive(st.none(), st.lists).map(msgspec.json.encode)))
def test_garbage_is_refused(data):
    for decode in (decode_head, decode_close):
        with pytest.raises(SudareError, match=r"caller\.malformed"):
            decode(data)


def test_a_signer_that_is_no_key_is_refused():
    with pytest.raises(SudareError, match=r"caller\.malformed"):
        decode_head(encode(msgspec.structs.replace(head("w"), signer="AAAA")))
