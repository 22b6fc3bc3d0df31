"""What the API's parts share."""

from tests.support.gatehouse import House

from sudare.base.secret import Secret
from sudare.gateway.signin.box import Box


def test_every_purpose_has_its_own_key(tmp_path):
    context = House(tmp_path).context
    sealed = context.totp_box.seal(b"x")

    assert context.known_box.open(sealed) is None
    assert Box(Secret(bytes(32)), "totp").open(sealed) is None
