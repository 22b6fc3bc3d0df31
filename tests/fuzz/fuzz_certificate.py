"""
Strangers' certificates: the DER in the proof of a connector, and in a request for one.

A certificate comes with the golden proof, so with the golden key it is believed and goes on to the authority; whatever
it is, it is refused with a code or is whole.
"""

import base64
import json
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from tests.fuzz.fuzz_tunnel import CERTIFICATE, GOLDEN, KEY, LINES, NOW, gateway

from sudare.base.errors import SudareError
from sudare.gateway.authority import ConnectorAuthority
from sudare.gateway.ports import Identity
from sudare.wire.tunnel import messages as m

AUTHORITY = ConnectorAuthority(
    ec.derive_private_key(int(GOLDEN["authority_private"], 16), ec.SECP256R1()),
    x509.load_pem_x509_certificate(GOLDEN["authority"].encode()),
)
PROOF = m.decode(LINES[2][1][:-1])


def pem(kind, der):
    return f"-----BEGIN {kind}-----\n{base64.encodebytes(der).decode()}-----END {kind}-----\n"


def one(data):
    """One certificate, and one request."""
    end = gateway()
    try:
        hello = [*end.receive(LINES[0][1], NOW)]
        (offered,) = end.receive(m.encode(m.Proof(pem("CERTIFICATE", data), PROOF.signature)), NOW)
        identity = AUTHORITY.check(offered.certificate, NOW)
    except SudareError as error:
        assert error.code in {"denied.connector-proof", "caller.too-large"}
    else:
        assert hello == []
        assert identity == Identity(GOLDEN["connector"], GOLDEN["tenant"], GOLDEN["serial"])
    try:
        signed, _ = AUTHORITY.sign(pem("CERTIFICATE REQUEST", data), "con1", "t1", NOW)
    except SudareError as error:
        assert error.code == "caller.malformed"
    else:
        assert AUTHORITY.check(x509.load_pem_x509_certificate(signed.encode()), NOW).connector == "con1"


def seeds():
    yield base64.b64decode("".join(CERTIFICATE.splitlines()[1:-1]))
    yield base64.b64decode("".join(GOLDEN["authority"].splitlines()[1:-1]))
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "con1")])
    request = x509.CertificateSigningRequestBuilder().subject_name(name)
    yield request.sign(KEY, hashes.SHA256(), ecdsa_deterministic=True).public_bytes(Encoding.DER)
    for case in json.loads((Path(__file__).parents[1] / "vectors/tunnel/messages.json").read_text())["malformed"][:1]:
        yield bytes.fromhex(case["hex"])
