"""A reference browser for tests: WebSocket frames, the sealed channel, records into a framebuffer, acknowledgements."""

import asyncio
import hashlib
import json

from cryptography.hazmat.primitives.asymmetric import ec
from websockets.frames import Frame, Opcode
from websockets.protocol import CLIENT, OPEN, Protocol

from sudare.base.encoding import b64
from sudare.base.secret import Secret
from sudare.pixels.decoder import Client
from sudare.wire.channel.channel import BrowserEnd
from sudare.wire.channel.hpke import public_bytes
from sudare.wire.channel.secret import Binding, seal_secret
from sudare.wire.screen import inputs as i
from sudare.wire.screen import records as r


class Ephemeral:
    """A browser's key of one stream."""

    def __init__(self):
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.cnf = b64(hashlib.sha256(public_bytes(self.key)).digest())


def sealed(seal_public, ticket, account, password):
    """The hello's `credential`."""
    bind = Binding(ticket.ten, ticket.per, ticket.tgt)
    ephemeral = ec.generate_private_key(ec.SECP256R1())
    return {"account": account, "sealed": b64(seal_secret(seal_public, bind, Secret(password), ephemeral))}


OLD_CAPS = {"zstd": True}  # of a browser of the first days
CAPS = {"zstd": True, "tiles": 4096, "ramp": True, "jpeg": True}


def screen_hello(w=1280, h=800, caps=CAPS, **more):
    return {"v": 1, "knd": "screen", "view": {"w": w, "h": h, "scale": 100}, "layout": "us", "caps": caps, **more}


class Browser:
    """One stream over a reader and writer, after the HTTP handshake."""

    def __init__(self, reader, writer, *, seal_public, raw_ticket, ephemeral):
        self.reader, self.writer = reader, writer
        self._frames = Protocol(CLIENT, state=OPEN)
        self._channel = BrowserEnd(seal_public, raw_ticket, ephemeral.key)
        self.client = Client()
        self.states = []
        self.records = []
        self.closed = None
        self.in_seq = 0
        self.acking = True

    def hello(self, hello):
        self.client = Client(hello.get("caps", {}).get("tiles", 0))
        self._message(self._channel.first(json.dumps(hello).encode()))

    def send(self, *items):
        self._message(self._channel.seal(i.encode_all(items)))

    def send_last(self, *items):
        """The last words and the goodbye, in one piece."""
        self._frames.send_binary(self._channel.seal(i.encode_all(items)))
        self._frames.send_close(1000)
        self.writer.write(b"".join(self._frames.data_to_send()))

    def send_raw(self, data):
        self._message(data)

    def ask(self, request):
        self._message(self._channel.seal(json.dumps(request).encode()))

    def _message(self, data):
        self._frames.send_binary(data)
        self._flush()

    def _flush(self):
        for piece in self._frames.data_to_send():
            if piece:
                self.writer.write(piece)

    async def messages(self):
        """Read once; the opened messages. Empty at the end of the line."""
        try:
            data = await self.reader.read(65_536)
        except ConnectionResetError:
            data = b""
        if not data:
            self.closed = self.closed or (1006, "")
            return []
        self._frames.receive_data(data)
        out = []
        for frame in self._frames.events_received():
            assert isinstance(frame, Frame)
            if frame.opcode is Opcode.CLOSE:
                self.closed = int.from_bytes(frame.data[:2], "big"), frame.data[2:].decode()
            elif frame.opcode is Opcode.BINARY:
                out.append(self._channel.open(frame.data))
        self._flush()
        return out

    async def step(self):
        """Take what arrived, acknowledge it."""
        newest = 0
        for message in await self.messages():
            for record in r.decode(message):
                self.records.append(record)
                newest = max(newest, record.seq)
                if isinstance(record.body, r.State):
                    self.states.append(record.body)
                self._apply(r.encode(record))
        if newest and self.acking and self.closed is None:
            self.send(i.Ack(newest, 0))

    def _apply(self, raw):
        kind, flags = raw[0], raw[1]
        pos = 12
        while raw[pos] & 0x80:
            pos += 1
        self.client.apply(kind, flags, raw[pos + 1 :])

    async def until(self, reached, within=20):
        """Go on until `reached()` or the line closed."""
        async with asyncio.timeout(within):
            while not reached() and self.closed is None:
                await self.step()
        return reached()

    async def answers(self, count=1, within=20):
        """That many answers of an `api` stream."""
        out = []
        async with asyncio.timeout(within):
            while len(out) < count and self.closed is None:
                out += [json.loads(message) for message in await self.messages()]
        return out
