"""TLS as Sudare uses it, over real connections."""

import asyncio
import contextlib
import datetime as dt
import hashlib
import ssl

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from tests.support.sockets import SECONDS, certificate

from sudare.base.errors import SudareError
from sudare.runtime.tls import check_pin, client_context, server_context, spki_of, spki_of_file, spki_of_peer

pytestmark = pytest.mark.anyio


@contextlib.asynccontextmanager
async def serving(paths):
    """A server with this certificate; its port."""
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0, ssl=server_context(*paths))
    async with server:
        yield server.sockets[0].getsockname()[1]


@contextlib.asynccontextmanager
async def connected(port, context, name="localhost"):
    """The TLS of a connection to this port."""
    async with asyncio.timeout(SECONDS):
        _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context, server_hostname=name)
        try:
            yield writer.get_extra_info("ssl_object")
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()


def unreadable(path):
    """Make the certificate one of X.509 version 2, which nobody writes and OpenSSL takes."""
    der = x509.load_pem_x509_certificate(path.read_bytes()).public_bytes(Encoding.DER)
    path.write_text(ssl.DER_cert_to_PEM_cert(der.replace(bytes.fromhex("a003020102"), bytes.fromhex("a003020101"), 1)))


async def test_both_ends_agree_on_a_modern_version_and_on_http_1_1(tmp_path):
    async with serving(certificate(tmp_path)) as port, connected(port, client_context(pinned=True)) as tls:
        assert tls.version() == "TLSv1.3"
        assert tls.selected_alpn_protocol() == "http/1.1"


def test_neither_end_goes_below_tls_1_2(tmp_path):
    assert server_context(*certificate(tmp_path)).minimum_version is ssl.TLSVersion.TLSv1_2
    assert client_context(pinned=True).minimum_version is ssl.TLSVersion.TLSv1_2
    assert client_context(pinned=False).minimum_version is ssl.TLSVersion.TLSv1_2


def test_a_pinned_context_does_not_read_the_trust_store_it_would_not_ask(monkeypatch):
    monkeypatch.setattr(ssl.SSLContext, "load_default_certs", lambda *_: pytest.fail("30 ms for nothing"))

    client_context(pinned=True)


async def test_a_browser_that_offers_more_gets_http_1_1(tmp_path):
    context = client_context(pinned=True)
    context.set_alpn_protocols(["h2", "http/1.1"])

    async with serving(certificate(tmp_path)) as port, connected(port, context) as tls:
        assert tls.selected_alpn_protocol() == "http/1.1"


async def test_the_key_of_the_peer_is_the_one_in_the_file_hashed_as_rfc_7469_says(tmp_path):
    key = ec.generate_private_key(ec.SECP256R1())
    paths = certificate(tmp_path, key=key)
    point = key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    der = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d030107034200") + point  # RFC 5480

    async with serving(paths) as port, connected(port, client_context(pinned=True)) as tls:
        seen = spki_of_peer(tls)

    assert seen == spki_of_file(paths[0]) == hashlib.sha256(der).digest()


def test_a_renewed_certificate_of_the_same_key_has_the_same_pin_and_another_key_has_not(tmp_path):
    key = ec.generate_private_key(ec.SECP256R1())
    first, renewed, other = (
        spki_of_file(certificate(tmp_path, key=one, stem=stem)[0])
        for stem, one in (("first", key), ("renewed", key), ("other", None))
    )

    assert first == renewed
    assert first != other
    assert spki_of(x509.load_pem_x509_certificate((tmp_path / "first.pem").read_bytes())) == first


async def test_the_right_pin_is_accepted_and_no_pin_asks_for_nothing(tmp_path):
    paths = certificate(tmp_path)
    pin = spki_of_file(paths[0])

    async with serving(paths) as port, connected(port, client_context(pinned=True)) as tls:
        assert check_pin(tls, pin) == pin
        assert check_pin(tls, None) == pin


@pytest.mark.parametrize("wrong", [bytes(32), b"", None], ids=["another key", "nothing", "half of the right one"])
async def test_another_pin_is_refused_and_the_key_that_was_seen_is_named(tmp_path, wrong):
    paths = certificate(tmp_path)
    pin = spki_of_file(paths[0])[:16] if wrong is None else wrong

    async with serving(paths) as port, connected(port, client_context(pinned=True)) as tls:
        with pytest.raises(SudareError, match=r"denied\.connector-proof") as caught:
            check_pin(tls, pin)

    assert spki_of_file(paths[0]).hex() in caught.value.detail


async def test_a_certificate_that_cannot_be_read_is_refused(tmp_path):
    paths = certificate(tmp_path)
    unreadable(paths[0])

    async with serving(paths) as port, connected(port, client_context(pinned=True)) as tls:
        with pytest.raises(SudareError, match=r"denied\.connector-proof"):
            check_pin(tls, bytes(32))


def test_a_peer_without_a_certificate_is_refused():
    nobody = client_context(pinned=True).wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO())
    nobody.getpeercert = lambda binary_form: None

    with pytest.raises(SudareError, match=r"denied\.connector-proof"):
        spki_of_peer(nobody)


async def test_without_a_pin_the_trust_store_decides(tmp_path, monkeypatch):
    paths, stranger = certificate(tmp_path), certificate(tmp_path, stem="stranger")
    monkeypatch.setenv("SSL_CERT_FILE", str(paths[0]))

    async with serving(paths) as port, connected(port, client_context(pinned=False)) as tls:
        assert tls.version() == "TLSv1.3"
    async with serving(stranger) as port:
        with pytest.raises(ssl.SSLCertVerificationError):
            await connected(port, client_context(pinned=False)).__aenter__()


async def test_without_a_pin_the_name_must_be_right(tmp_path, monkeypatch):
    paths = certificate(tmp_path, names=["gateway.example"])
    monkeypatch.setenv("SSL_CERT_FILE", str(paths[0]))

    async with serving(paths) as port:
        async with connected(port, client_context(pinned=False), "gateway.example") as tls:
            assert tls.version() == "TLSv1.3"
        with pytest.raises(ssl.SSLCertVerificationError, match="mismatch"):
            await connected(port, client_context(pinned=False), "other.example").__aenter__()


async def test_without_a_pin_the_certificate_must_be_in_its_time(tmp_path, monkeypatch):
    old = dt.datetime.now(dt.UTC) - dt.timedelta(days=30)
    paths = certificate(tmp_path, start=old, end=old + dt.timedelta(days=7))
    monkeypatch.setenv("SSL_CERT_FILE", str(paths[0]))

    async with serving(paths) as port:
        with pytest.raises(ssl.SSLCertVerificationError, match="expired"):
            await connected(port, client_context(pinned=False)).__aenter__()
        async with connected(port, client_context(pinned=True)) as tls:
            assert check_pin(tls, spki_of_file(paths[0]))
