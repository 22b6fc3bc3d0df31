"""An edge and a connector on loopback with real TLS, without API and database: the access path alone."""

import asyncio
import contextlib
import datetime as dt
import secrets
import tempfile
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from sudare.base.encoding import b64
from sudare.base.errors import SudareError
from sudare.connector.config import ConnectorConfig, Worker
from sudare.connector.identity import Facts, Identity, new_key, request
from sudare.entry.connector import wire
from sudare.gateway.authority import ConnectorAuthority
from sudare.gateway.controls import ControlConfig
from sudare.gateway.edge import Edge, EdgeConfig
from sudare.runtime import clock
from sudare.runtime.dial import Gateway, connect
from sudare.runtime.tasks import Tasks
from sudare.runtime.tls import client_context, server_context, spki_of_file
from sudare.wire.ticket.codec import Ticket, key_id, sign
from sudare.wire.tunnel.head import websocket_accept
from sudare.wire.tunnel.messages import TicketKey

ORIGIN = "https://gateway.test"


def self_signed(folder):
    """A TLS certificate and key for localhost."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.timezone.utc)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    (folder / "tls.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    (folder / "tls.key").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return folder / "tls.pem", folder / "tls.key"


class Directory:
    """A `ConnectorDirectory` in memory."""

    def __init__(self):
        self.revoked = set()
        self.catalogues = {}
        self.serials = []
        self.admitted = []
        self.lags = []
        self.news = asyncio.Condition()

    async def admit(self, connector, serial):
        if connector in self.revoked:
            raise SudareError("denied.connector-proof", "revoked")
        self.admitted.append(serial)

    async def renewed(self, connector, serial):
        self.serials.append(serial)

    async def offers(self, connector, catalogue):
        async with self.news:
            self.catalogues[connector] = catalogue
            self.news.notify_all()

    async def lag(self, connector, measured):
        async with self.news:
            self.lags += [(connector, one) for one in measured]
            self.news.notify_all()

    async def connection(self, connector, *, connected):
        async with self.news:
            if not connected:
                self.catalogues.pop(connector, None)
            self.news.notify_all()

    def trusting(self):
        """A TLS client's context that looks at nothing."""
        return client_context(pinned=True)

    async def until(self, condition, within=15):
        async with asyncio.timeout(within), self.news:
            await self.news.wait_for(lambda: condition(self.catalogues))


class House:
    """The gateway's half; connectors and browsers come to it."""

    def __init__(self, folder, tasks):
        self.folder, self.tasks = folder, tasks
        self.ticket_key = Ed25519PrivateKey.generate()
        public = self.ticket_key.public_key().public_bytes_raw()
        self.keys = {key_id(public): public}
        self.authority = ConnectorAuthority.make(clock.now())
        self.directory = Directory()
        self.certificate, self.key = self_signed(folder)
        self.spki = spki_of_file(self.certificate)
        self.api_socket = str(folder / "api.sock")
        self.port = 0
        self.edge = None
        self.opened = []  # writers of clients; whatever a test leaves open is closed with the house

    async def open(self, port=0, ping_s=10, told=None, **limits):
        told = told or [TicketKey(kid, b64(key)) for kid, key in self.keys.items()]
        config = EdgeConfig(
            host="127.0.0.1",
            port=port,
            tls=server_context(self.certificate, self.key),
            api_socket=self.api_socket,
            origin=ORIGIN,
            ticket_keys=self.keys,
            control=ControlConfig(self.spki, told, "test", ping_s),
            **limits,
        )
        self.edge = Edge(config, directory=self.directory, authority=self.authority, tasks=self.tasks, now=clock.now)
        self.port = await self.edge.start()

    def trusting(self):
        """A TLS client's context that looks at nothing."""
        return client_context(pinned=True)

    async def until(self, condition, within=15):
        """Until something of this process's own is so; looked at a hundred times a second."""
        async with asyncio.timeout(within):
            while not condition():  # noqa: ASYNC110 - the edge has no event for it
                await asyncio.sleep(0.01)

    def identity(self, connector="c1", life_from=None):
        key = new_key()
        certificate, _ = self.authority.sign(request(key, connector), connector, "t1", life_from or clock.now())
        facts = Facts(connector, certificate, {}, f"https://127.0.0.1:{self.port}", self.spki.hex())
        return Identity(key, new_key(), facts)

    def connector(
        self, host, *targets, connector="c1", schedule=None, identity=None, limit=200, book=None, line_kbit=None
    ):
        """Start a connector; returns its identity."""
        identity = identity or self.identity(connector)
        state = Path(tempfile.mkdtemp(prefix="connector-", dir=self.folder))
        config = ConnectorConfig(
            identity.facts.gateway, connector, state, Worker(limit=limit), schedule, targets, line_kbit=line_kbit
        )
        made = host(config, identity) if callable(host) else host
        task = self.tasks.start(wire(config, identity, made, self.tasks, book).run(), name="control")
        return identity, task

    def ticket(self, ephemeral, **change):
        now = int(clock.now())
        (kid,) = self.keys
        fields = {
            "kid": kid, "jti": b64(secrets.token_bytes(16)), "iat": now, "exp": now + 60, "con": "c1", "tgt": "pc",
            "knd": "screen", "ten": "t1", "per": "p1", "acc": "yamada", "nam": "山田 花子", "dev": "",
            "ses": secrets.token_hex(8), "rgt": {"input": True}, "cnf": ephemeral.cnf,
        }  # fmt: skip
        ticket = Ticket(**(fields | change))
        return ticket, sign(ticket, self.ticket_key)

    async def ready(self, origin=ORIGIN):
        """A browser's line before its ticket: (reader, writer) after the 101."""
        return await self.device("", origin)

    async def device(self, raw_ticket, origin=ORIGIN):
        """A browser's WebSocket handshake: (reader, writer) after the 101."""
        line = await connect(Gateway("127.0.0.1", self.port, self.spki))
        self.opened.append(line.writer)
        await handshake(line, raw_ticket, origin)
        return line.reader, line.writer


async def handshake(line, raw_ticket, origin):
    """What a browser says to open a stream, up to the edge's 101."""
    key = "dGhlIHNhbXBsZSBub25jZQ=="
    line.writer.write(
        f"GET /relay/v1/stream HTTP/1.1\r\nHost: gateway.test\r\nConnection: keep-alive, Upgrade\r\n"
        f"Upgrade: websocket\r\nOrigin: {origin}\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n"
        f"Sec-WebSocket-Protocol: sudare-1{f', {raw_ticket}' if raw_ticket else ''}\r\n\r\n".encode()
    )
    head = await line.reader.readuntil(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 101 "), head
    assert f"Sec-WebSocket-Accept: {websocket_accept(key)}".encode() in head


@contextlib.asynccontextmanager
async def house(**how):
    """An open house; everything in it ends with the block."""
    with tempfile.TemporaryDirectory(prefix="sudare-house-") as folder:
        async with Tasks("test") as tasks:
            made = House(Path(folder), tasks)
            await made.open(**how)
            try:
                yield made
            finally:
                await made.edge.close()
                for writer in made.opened:
                    writer.transport.abort()
                await asyncio.sleep(0)


async def close_frame_of(reader):
    """(code, reason) of the close frame that ends this line, when nothing else was sent."""
    head = await reader.readexactly(2)
    assert head[0] == 0x88
    body = await reader.readexactly(head[1])
    return int.from_bytes(body[:2], "big"), body[2:].decode()
