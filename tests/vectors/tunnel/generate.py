"""
Writes the tunnel vectors: `python -m tests.vectors.tunnel.generate`. Format: tests/vectors/README.md.

Lines and heads are written out by hand, and the proof is signed by the rule in docs/wire/tunnel.md, not by our code: a
mistake of the implementation must not become its own golden vector.
"""

import base64
import datetime as dt
import hashlib
import json
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

HERE = Path(__file__).parent
AUTHORITY = ec.derive_private_key(0xA0A0_0001, ec.SECP256R1())
CONNECTOR = ec.derive_private_key(0xC0C0_0002, ec.SECP256R1())
NOW = 1_790_000_000
NONCE = bytes(range(32))
SPKI = hashlib.sha256(b"the gateway's TLS key").digest()
BOOT = "Ym9vdC1pZC0wMDAx"


def b64(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def compact(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


KID = "56475aa75463474c"
KEY = b64(bytes(range(100, 132)))
SEAL = b64(b"\x04" + bytes(range(64)))
STREAM = b64(bytes(range(32, 64)))

SESSION = (
    '{"t":"lag","sessions":[{"session":"s1","keys":340,"total":[61,120],"device":[9,20],"line":[31,60],'
    '"gateway":[1,2],"connector":[2,9],"office":[18,44]}]}'
)

# name, line without its end, kind, fields with the defaults filled in
MESSAGES = [
    (
        "hello",
        f'{{"t":"hello","connector":"con1","boot":"{BOOT}","proto":[1],"generation":3,"features":[]}}',
        "Hello",
        {"connector": "con1", "boot": BOOT, "proto": [1], "generation": 3, "features": []},
    ),
    ("challenge", f'{{"t":"challenge","nonce":"{b64(NONCE)}"}}', "Challenge", {"nonce": b64(NONCE)}),
    (
        "proof",
        '{"t":"proof","certificate":"-----BEGIN-----\\nMA==\\n-----END-----\\n","signature":"MAA"}',
        "Proof",
        {
            "certificate": "-----BEGIN-----\nMA==\n-----END-----\n",
            "signature": "MAA",
        },
    ),
    (
        "welcome",
        f'{{"t":"welcome","ping_s":10,"ticket_keys":[{{"kid":"{KID}","key":"{KEY}"}}],"gateway":"神戸市"}}',
        "Welcome",
        {"ping_s": 10, "ticket_keys": [{"kid": KID, "key": KEY}], "gateway": "神戸市"},
    ),
    ("refused", '{"t":"refused","code":"denied.connector-proof"}', "Refused", {"code": "denied.connector-proof"}),
    (
        "catalogue",
        (
            '{"t":"catalogue","site":"本庁舎","targets":[{"id":"pc-1","kind":"rdp","name":"福祉課-PC042"},'
            f'{{"id":"api","kind":"api","name":"本庁舎"}}],"seal_key":"{SEAL}"}}'
        ),
        "Catalogue",
        {
            "site": "本庁舎",
            "targets": [
                {"id": "pc-1", "kind": "rdp", "name": "福祉課-PC042"},
                {"id": "api", "kind": "api", "name": "本庁舎"},
            ],
            "seal_key": SEAL,
        },
    ),
    (
        "catalogue of nothing",
        f'{{"t":"catalogue","site":"","targets":[],"seal_key":"{SEAL}"}}',
        "Catalogue",
        {"site": "", "targets": [], "seal_key": SEAL},
    ),
    (
        "open",
        f'{{"t":"open","stream":"{STREAM}","ticket":"payload.signature"}}',
        "Open",
        {"stream": STREAM, "ticket": "payload.signature"},
    ),
    (
        "refuse",
        f'{{"t":"refuse","stream":"{STREAM}","code":"denied.ticket-replayed"}}',
        "Refuse",
        {"stream": STREAM, "code": "denied.ticket-replayed"},
    ),
    ("cut a session", '{"t":"cut","session":"s1"}', "Cut", {"session": "s1", "person": "", "device": ""}),
    ("cut a person", '{"t":"cut","person":"p1"}', "Cut", {"session": "", "person": "p1", "device": ""}),
    ("cut a device", '{"t":"cut","device":"d1"}', "Cut", {"session": "", "person": "", "device": "d1"}),
    ("renew", '{"t":"renew","csr":"-----BEGIN\\n"}', "Renew", {"csr": "-----BEGIN\n"}),
    ("renewed", '{"t":"renewed","certificate":"-----BEGIN\\n"}', "Renewed", {"certificate": "-----BEGIN\n"}),
    ("ping", '{"t":"ping","n":1}', "Ping", {"n": 1}),
    ("pong", '{"t":"pong","n":9007199254740991}', "Pong", {"n": 2**53 - 1, "wait_ms": 0}),
    ("pong of one that is late", '{"t":"pong","n":7,"wait_ms":120}', "Pong", {"n": 7, "wait_ms": 120}),
    (
        "lag",
        SESSION,
        "Lag",
        {
            "sessions": [
                {
                    "session": "s1",
                    "keys": 340,
                    "total": [61, 120],
                    "device": [9, 20],
                    "line": [31, 60],
                    "gateway": [1, 2],
                    "connector": [2, 9],
                    "office": [18, 44],
                },
            ],
        },
    ),
    ("drain", '{"t":"drain","reconnect_after_ms":1000}', "Drain", {"reconnect_after_ms": 1000}),
]

# as another version or another writer may put it: read, never written
LOOSE = [
    (
        "only what must be there",
        '{"t":"hello","connector":"c","boot":"b","proto":[2,1]}',
        "Hello",
        {"connector": "c", "boot": "b", "proto": [2, 1], "generation": 0, "features": []},
    ),
    ("unknown field", '{"t":"ping","n":2,"since":[{"deep":null}]}', "Ping", {"n": 2}),
    ("kind last, spaces, a return before the end", ' { "n" : 3, "t" : "ping" }\r', "Ping", {"n": 3}),
    ("escapes", '{"t":"refuse","stream":"\\u0041","code":"\\u798f"}', "Refuse", {"stream": "A", "code": "福"}),
    ("last of two", '{"t":"ping","n":1,"n":2}', "Ping", {"n": 2}),
]

IGNORED = {
    "kind of a later version": '{"t":"weather","sky":"clear"}',
    "kind of a later version with our fields": '{"t":"open2","stream":1}',
    "kinds are in lower case": '{"t":"Ping","n":1}',
}

MALFORMED = {
    "not JSON": b"GET / HTTP/1.1",
    "cut": b'{"t":"ping","n":1',
    "two objects": b'{"t":"ping","n":1}{"t":"ping","n":2}',
    "no object": b'["ping",1]',
    "no kind": b'{"n":1}',
    "kind is a number": b'{"t":1,"n":1}',
    "field missing": b'{"t":"open","stream":"x"}',
    "field of another type": b'{"t":"open","stream":"x","ticket":1}',
    "number as text": b'{"t":"ping","n":"1"}',
    "number below zero": b'{"t":"ping","n":-1}',
    "number with a fraction": b'{"t":"ping","n":1.5}',
    "number over 2**53 - 1": b'{"t":"ping","n":9007199254740992}',
    "number over 64 bits": b'{"t":"ping","n":1180591620717411303424}',
    "connector without a name": b'{"t":"hello","connector":"","boot":"b","proto":[1]}',
    "connector with a name of 65": b'{"t":"hello","connector":"' + b"c" * 65 + b'","boot":"b","proto":[1]}',
    "boot of 65": b'{"t":"hello","connector":"c","boot":"' + b"b" * 65 + b'","proto":[1]}',
    "session without a name": SESSION.replace("s1", "").encode(),
    "one quantile for two": SESSION.replace("[61,120]", "[61]").encode(),
    "not UTF-8": b'{"t":"refuse","stream":"\xff","code":"c"}',
    "half a surrogate pair": b'{"t":"refuse","stream":"\\ud800","code":"c"}',
    "nested too deep": b'{"t":"ping","n":1,"x":' + b"[" * 2000 + b"]" * 2000 + b"}",
}


def message_value(kind, fields):
    return {"kind": kind, **fields}


def messages():
    cases = [(*case, True) for case in MESSAGES] + [(*case, False) for case in LOOSE]
    return {
        "cases": [
            {"name": name, "line": line, "canonical": canonical, "message": message_value(kind, fields)}
            for name, line, kind, fields, canonical in cases
        ],
        "ignored": [{"name": name, "line": line} for name, line in IGNORED.items()],
        "malformed": [{"name": name, "hex": line.hex()} for name, line in MALFORMED.items()],
    }


def at(seconds):
    return dt.datetime.fromtimestamp(seconds, dt.UTC)


def certificate(subject, key, serial, *, ca):
    name = [x509.NameAttribute(NameOID.COMMON_NAME, "Sudare connector authority")]
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(oid, value) for oid, value in subject]))
        .issuer_name(x509.Name(name))
        .public_key(key.public_key())
        .serial_number(serial)
        .not_valid_before(at(NOW - 300))
        .not_valid_after(at(NOW + 7 * 86_400))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=0 if ca else None), critical=True)
        .sign(AUTHORITY, hashes.SHA256(), ecdsa_deterministic=True)
        .public_bytes(Encoding.PEM)
        .decode()
    )


def handshake():
    authority = certificate([(NameOID.COMMON_NAME, "Sudare connector authority")], AUTHORITY, 1, ca=True)
    subject = [(NameOID.COMMON_NAME, "con1"), (NameOID.ORGANIZATION_NAME, "t1")]
    own = certificate(subject, CONNECTOR, 0xABCDEF, ca=False)
    statement = b"sudare-control-1\0" + NONCE + BOOT.encode() + SPKI
    signature = CONNECTOR.sign(statement, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))
    lines = {line["name"]: line["line"] for line in messages()["cases"]}
    said = [
        ("connector", lines["hello"]),
        ("gateway", lines["challenge"]),
        ("connector", compact({"t": "proof", "certificate": own, "signature": b64(signature)})),
        ("gateway", lines["welcome"]),
        ("connector", lines["catalogue"]),
        ("gateway", lines["open"]),
        ("connector", lines["refuse"]),
        ("gateway", lines["ping"]),
        ("connector", '{"t":"pong","n":1}'),
        ("gateway", lines["cut a person"]),
        ("connector", lines["renew"]),
        ("gateway", lines["renewed"]),
        ("gateway", lines["drain"]),
    ]
    return {
        "comment": "docs/wire/tunnel.md; keys are P-256 private scalars; the signature is deterministic (RFC 6979)",
        "now": NOW,
        "authority_private": f"{0xA0A0_0001:064x}",
        "authority": authority,
        "connector_private": f"{0xC0C0_0002:064x}",
        "connector": "con1",
        "tenant": "t1",
        "serial": "abcdef",
        "boot": BOOT,
        "generation": 3,
        "nonce": NONCE.hex(),
        "spki": SPKI.hex(),
        "statement": statement.hex(),
        "lines": [{"from": end, "line": line} for end, line in said],
    }


REQUESTS = [
    (
        "control connection",
        (
            b"GET /tunnel/v1/control HTTP/1.1\r\nHost: gw.example:443\r\n"
            b"Connection: Upgrade\r\nUpgrade: sudare-control-1\r\n\r\n"
        ),
        ("GET", "/tunnel/v1/control", "sudare-control-1", []),
        {"host": "gw.example:443", "connection": "Upgrade", "upgrade": "sudare-control-1"},
    ),
    (
        "data connection",
        (
            b"GET /tunnel/v1/data HTTP/1.1\r\nHost: gw.example:443\r\nConnection: Upgrade\r\nUpgrade: sudare-1\r\n"
            b"Sudare-Stream: " + STREAM.encode() + b"\r\n\r\n"
        ),
        ("GET", "/tunnel/v1/data", "sudare-1", []),
        {"host": "gw.example:443", "connection": "Upgrade", "upgrade": "sudare-1", "sudare-stream": STREAM},
    ),
    (
        "a browser, RFC 6455 1.2",
        (
            b"GET /relay/v1/stream?x=1 HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: WebSocket\r\n"
            b"Connection: keep-alive, Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            b"Origin: https://server.example.com\r\nSec-WebSocket-Protocol: sudare-1, payload.signature\r\n"
            b"Sec-WebSocket-Version: 13\r\n\r\n"
        ),
        ("GET", "/relay/v1/stream", "websocket", ["sudare-1", "payload.signature"]),
        {
            "host": "server.example.com",
            "upgrade": "WebSocket",
            "connection": "keep-alive, Upgrade",
            "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
            "origin": "https://server.example.com",
            "sec-websocket-protocol": "sudare-1, payload.signature",
            "sec-websocket-version": "13",
        },
    ),
    (
        "repeated and empty headers, odd space",
        b"POST /api HTTP/1.1\r\nX:\r\na:1\r\nA:\t 2 \t\r\nsec-websocket-protocol: a ,, b,\r\n\r\n",
        ("POST", "/api", None, ["a", "b"]),
        {"x": "", "a": "1, 2", "sec-websocket-protocol": "a ,, b,"},
    ),
    ("no headers", b"DELETE /x HTTP/1.1\r\n\r\n", ("DELETE", "/x", None, []), {}),
    (
        "upgrade without Connection",
        b"GET / HTTP/1.1\r\nUpgrade: sudare-1\r\nConnection: keep-alive\r\n\r\n",
        ("GET", "/", None, []),
        {"upgrade": "sudare-1", "connection": "keep-alive"},
    ),
    ("bytes over 127 are Latin-1", b"GET / HTTP/1.1\r\nx: \xe9\xff\r\n\r\n", ("GET", "/", None, []), {"x": "\xe9\xff"}),
]

BAD_REQUESTS = {
    "HTTP/1.0": b"GET / HTTP/1.0\r\n\r\n",
    "HTTP/2 preface": b"PRI * HTTP/2.0\r\n\r\n",
    "method in lower case": b"get / HTTP/1.1\r\n\r\n",
    "method of 17": b"ABCDEFGHIJKLMNOPQ / HTTP/1.1\r\n\r\n",
    "absolute form": b"GET https://gw/ HTTP/1.1\r\n\r\n",
    "asterisk": b"OPTIONS * HTTP/1.1\r\n\r\n",
    "two spaces": b"GET  / HTTP/1.1\r\n\r\n",
    "path over 4,096": b"GET /" + b"p" * 4096 + b" HTTP/1.1\r\n\r\n",
    "path with a byte over 127": b"GET /\xe7 HTTP/1.1\r\n\r\n",
    "empty line first": b"\r\nGET / HTTP/1.1\r\n\r\n",
    "nothing": b"\r\n\r\n",
    "TLS": bytes.fromhex("16030100050100000100") + b"\r\n\r\n",
    "header without a colon": b"GET / HTTP/1.1\r\nhost\r\n\r\n",
    "header without a name": b"GET / HTTP/1.1\r\n: x\r\n\r\n",
    "space before the colon": b"GET / HTTP/1.1\r\nhost : x\r\n\r\n",
    "folded header, RFC 9112 5.2": b"GET / HTTP/1.1\r\na: b\r\n c\r\n\r\n",
    "bare return in a value": b"GET / HTTP/1.1\r\na: b\rc\r\n\r\n",
    "bare newline in a value": b"GET / HTTP/1.1\r\na: b\nc: d\r\n\r\n",
    "zero in a value": b"GET / HTTP/1.1\r\na: \0\r\n\r\n",
    "name of 65": b"GET / HTTP/1.1\r\n" + b"n" * 65 + b": x\r\n\r\n",
}


def heads():
    requests = []
    for name, raw, (method, path, upgrade, protocols), headers in REQUESTS:
        head = {"method": method, "path": path, "upgrade": upgrade, "protocols": protocols, "headers": headers}
        requests.append({"name": name, "hex": raw.hex(), **head})
    return {
        "requests": requests,
        "malformed": [{"name": name, "hex": raw.hex()} for name, raw in BAD_REQUESTS.items()],
        "answers": {
            "upgraded": (
                b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: sudare-control-1\r\n\r\n"
            ).hex(),
            "upgraded to websocket": (
                b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: sudare-1\r\n\r\n"
            ).hex(),
            "forbidden": (
                b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n"
            ).hex(),
            "connector away": (b"\x88\x17\x11\x96office.connector-away").hex(),
        },
    }


def everything():
    return {"messages.json": messages(), "handshake.json": handshake(), "heads.json": heads()}


if __name__ == "__main__":
    for name, content in everything().items():
        (HERE / name).write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n")
