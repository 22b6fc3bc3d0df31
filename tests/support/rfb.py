"""The server's side of RFB as bytes: enough to write transcripts by hand."""

import struct

from sudare.base.secret import Secret
from sudare.desktop.rfb.client import Limits, RFBClient
from sudare.desktop.rfb.security import TLS, Credentials

VERSION = b"RFB 003.008\n"


def server_init(w=8, h=4, name=b"pc"):
    return struct.pack(">HH16xI", w, h, len(name)) + name


def greeting(w=8, h=4):
    """Version, security None, its result, the desktop."""
    return VERSION + b"\x01\x01" + struct.pack(">I", 0) + server_init(w, h)


def rectangle(x, y, w, h, encoding, body=b""):  # noqa: PLR0917 - the order of the wire
    return struct.pack(">HHHHi", x, y, w, h, encoding) + body


def update(*rectangles, count=None):
    return struct.pack(">BxH", 0, len(rectangles) if count is None else count) + b"".join(rectangles)


def client(**more):
    limits = more.pop("limits", Limits())
    return RFBClient(Credentials(allow_none=True), TLS.NONE, limits=limits, **more)


def opened(w=8, h=4, **more):
    c = client(**more)
    c.receive(greeting(w, h))
    assert c.failure is None
    c.data_to_send()
    return c


def with_password(tls=TLS.NONE, password="secret", **more):
    return RFBClient(Credentials(more.pop("user", ""), Secret(password)), tls, **more)


def run(parser, data):
    """Drive one decoder over `data`; its value. Everything must be used up."""
    pos = 0
    try:
        wanted = next(parser)
        while True:
            piece = data[pos : pos + wanted]
            assert len(piece) == wanted, "decoder wants more"
            pos += wanted
            wanted = parser.send(piece)
    except StopIteration as stop:
        assert pos == len(data)
        return stop.value
