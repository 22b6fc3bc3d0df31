"""Real connections on loopback: a certificate, a listener's side and a peer's, and conditions with a deadline."""

import asyncio
import contextlib
import datetime as dt
import ipaddress
import socket
import ssl
import struct
import tempfile
from functools import cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

SECONDS = 20  # less than any time-out of TLS or of ours, so that none of them hides a fault


async def until(condition, seconds=SECONDS):
    """Until it holds; fails when it does not in time."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 (the condition may be anything; nobody sets an event for it)
            await asyncio.sleep(0.005)


def certificate(folder, *, names=("localhost",), key=None, stem="gateway", start=None, end=None):
    """A self-signed certificate of these names and of 127.0.0.1 in PEM files: (certificate path, key path)."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, stem)])
    now = dt.datetime.now(dt.UTC)
    others = [*map(x509.DNSName, names), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start or now - dt.timedelta(hours=1))
        .not_valid_after(end or now + dt.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectAlternativeName(others), critical=False)
        .sign(key, hashes.SHA256())
    )
    paths = folder / f"{stem}.pem", folder / f"{stem}.key"
    paths[0].write_bytes(made.public_bytes(Encoding.PEM))
    paths[1].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return paths


@cache
def trusting():
    """A client's context that trusts anybody, and a server's with a certificate of nobody's."""
    with tempfile.TemporaryDirectory() as folder:
        paths = certificate(Path(folder))
        server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server.load_cert_chain(*paths)
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname = False
    client.verify_mode = ssl.CERT_NONE
    return client, server


class Peer:
    """The far end of a connection: reads only when asked, so it is as slow as the test wants."""

    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer

    async def say(self, *pieces):
        """Write it all; waits while the line does not take it."""
        for piece in pieces:
            self.writer.write(piece)
            await self.writer.drain()

    async def hear(self, size):
        """Exactly so many bytes."""
        return await self.reader.readexactly(size)

    async def rest(self):
        """Everything until the end; an abort is an end too."""
        with contextlib.suppress(ConnectionError, ssl.SSLError):
            return await self.reader.read()
        return b""

    def half_close(self):
        self.writer.write_eof()

    def close(self):
        self.writer.close()

    def reset(self):
        """As if the cable was pulled and the other side told so: RST instead of FIN."""
        raw = self.writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


async def dial(port, *, tls=False, limit=65_536):
    """A peer of the listener on this port."""
    client = trusting()[0] if tls else None
    return Peer(*await asyncio.open_connection("127.0.0.1", port, ssl=client, limit=limit))
