"""Both ends of a control connection with the keys of the golden handshake, and bytes cut anywhere."""

import json
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import strategies as st

from sudare.base.errors import SudareError
from sudare.gateway.authority import ConnectorAuthority
from sudare.wire.tunnel import messages as m
from sudare.wire.tunnel.connector_end import ConnectorEnd
from sudare.wire.tunnel.gateway_end import GatewayEnd

VECTORS = Path(__file__).parents[1] / "vectors" / "tunnel"
MESSAGES = json.loads((VECTORS / "messages.json").read_text())
HANDSHAKE = json.loads((VECTORS / "handshake.json").read_text())
HEADS = json.loads((VECTORS / "heads.json").read_text())
NOW = HANDSHAKE["now"]
NONCE = bytes.fromhex(HANDSHAKE["nonce"])
SPKI = bytes.fromhex(HANDSHAKE["spki"])
BOOT = HANDSHAKE["boot"]


def private(name):
    return ec.derive_private_key(int(HANDSHAKE[name], 16), ec.SECP256R1())


KEY = private("connector_private")
CERTIFICATE = next(json.loads(one["line"])["certificate"] for one in HANDSHAKE["lines"] if '"t":"proof"' in one["line"])
WELCOME, CATALOGUE, OPEN, REFUSE, DRAIN = (
    m.decode(next(one["line"] for one in MESSAGES["cases"] if one["name"] == name).encode())
    for name in ("welcome", "catalogue", "open", "refuse", "drain")
)


def authority():
    return ConnectorAuthority(
        private("authority_private"), x509.load_pem_x509_certificate(HANDSHAKE["authority"].encode())
    )


def gateway_end(**change):
    return GatewayEnd(NOW, **({"nonce": NONCE, "spki": SPKI} | change))


def connector_end(**change):
    given = {
        "name": "con1",
        "boot": BOOT,
        "generation": 3,
        "key": KEY,
        "certificate": CERTIFICATE,
        "spki": SPKI,
    }
    return ConnectorEnd(NOW, **(given | change))


def proof(connector, gateway):
    """The event of the handshake up to the proof."""
    assert [*gateway.receive(connector.data_to_send(), NOW)] == []
    assert [*connector.receive(gateway.data_to_send(), NOW)] == []
    (offered,) = gateway.receive(connector.data_to_send(), NOW)
    return offered


def shaken():
    """Both ends after `welcome`, with nothing left to send."""
    connector, gateway = connector_end(), gateway_end()
    proof(connector, gateway)
    gateway.welcome(WELCOME.ticket_keys, WELCOME.gateway)
    assert [*connector.receive(gateway.data_to_send(), NOW)] == [WELCOME]
    return connector, gateway


def signed(key, *, nonce=NONCE, boot=BOOT, spki=SPKI):
    """A signature by the rule of docs/wire/tunnel.md."""
    return key.sign(b"sudare-control-1\0" + nonce + boot.encode() + spki, ec.ECDSA(hashes.SHA256()))


def until_failure(events):
    """What came, and the code of the failure that ended it, or None."""
    came = []
    try:
        for event in events:
            came.append(event)  # noqa: PERF402 (a failure must not lose what came before it)
    except SudareError as failure:
        return came, failure.code
    return came, None


@st.composite
def pieces(draw, data):
    """The data in pieces, cut anywhere."""
    cuts = sorted(draw(st.lists(st.integers(0, len(data)), max_size=12)))
    return [data[start:end] for start, end in zip([0, *cuts], [*cuts, len(data)], strict=True)]
