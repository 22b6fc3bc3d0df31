"""Connectors joining."""

import base64

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from tests.support.gatehouse import Browser

pytestmark = pytest.mark.anyio
SEAL = base64.urlsafe_b64encode(b"\x04" + bytes(64)).decode()


def csr(curve=None):
    key = ec.generate_private_key(curve or ec.SECP256R1())
    request = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).sign(key, hashes.SHA256())
    return key, request.public_bytes(serialization.Encoding.PEM).decode()


def of_no_kind(pem):
    """The CSR with a kind of key that nobody knows."""
    der = base64.b64decode("".join(pem.splitlines()[1:-1]))
    body = base64.encodebytes(der.replace(bytes.fromhex("2a8648ce3d0201"), bytes.fromhex("2a8648ce3d0209"))).decode()
    return f"{pem.splitlines()[0]}\n{body}{pem.splitlines()[-1]}\n"


async def test_a_connector_joins_without_browser_headers_and_only_once(house):
    _, token, _ = await house.desk.add_connector("本庁", house.now)
    key, request = csr()
    body = {"token": token, "name": "本庁", "csr": request, "seal_key": SEAL, "proto": [1]}

    answer = (await Browser(house).call("POST", "tunnel/join", body, Origin="")).json()

    certificate = x509.load_pem_x509_certificate(answer["certificate"].encode())
    authority = x509.load_pem_x509_certificate(answer["authority"].encode())
    certificate.verify_directly_issued_by(authority)
    assert certificate.public_key() == key.public_key()
    assert answer["ticket_keys"] == house.tickets.public_keys()
    await house.directory.admit(answer["connector"], f"{certificate.serial_number:x}")
    assert (await Browser(house).post("tunnel/join", body)).json()["code"] == "denied.join-token"


async def test_a_connector_without_a_name_keeps_the_administrators(house):
    _, token, _ = await house.desk.add_connector("本庁", house.now)
    body = {"token": token, "csr": csr()[1], "seal_key": SEAL, "proto": [1]}

    answer = (await Browser(house).post("tunnel/join", body)).json()

    assert answer["name"] == "本庁"
    assert (await house.stores.connectors.get(answer["connector"])).name == "本庁"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"csr": "nonsense"}, "caller.malformed"),
        ({"csr": csr(ec.SECP384R1())[1]}, "caller.malformed"),
        ({"csr": of_no_kind(csr()[1])}, "caller.malformed"),
        ({"seal_key": "AAAA"}, "caller.malformed"),
        ({"proto": [2]}, "caller.version"),
    ],
)
async def test_a_mistake_does_not_cost_the_token(house, change, code):
    _, token, _ = await house.desk.add_connector("本庁", house.now)
    body = {"token": token, "name": "本庁", "csr": csr()[1], "seal_key": SEAL, "proto": [1]}

    assert (await Browser(house).post("tunnel/join", body | change)).json()["code"] == code
    assert (await Browser(house).post("tunnel/join", body)).status_code == 200


async def test_guessing_tokens_is_slow(house):
    body = {"token": "x", "name": "x", "csr": csr()[1], "seal_key": SEAL, "proto": [1]}

    codes = [(await Browser(house).post("tunnel/join", body)).json()["code"] for _ in range(22)]

    assert codes[-1] == "busy.rate"
