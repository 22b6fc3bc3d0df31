"""Writes the screen vectors: `python -m tests.vectors.screen.generate`. Format: tests/vectors/README.md."""

import hashlib
import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import zstandard
from tests.pixels.pictures import photograph, picture

from sudare.base.cursor import Writer
from sudare.pixels import ops, ramp
from sudare.pixels.decoder import Client
from sudare.pixels.encoder import Encoder
from sudare.wire.screen import inputs, records
from sudare.wire.screen.records import Flag, Record

HERE = Path(__file__).parent


def op_value(op):  # noqa: PLR0911 - one arm an op
    match op:
        case ops.Copy():
            return {"op": "copy", "sx": op.sx, "sy": op.sy, "w": op.w, "h": op.h, "dx": op.dx, "dy": op.dy}
        case ops.Fill():
            return {"op": "fill", "x": op.x, "y": op.y, "w": op.w, "h": op.h, "bgr": op.bgr.hex()}
        case ops.Pix():
            return {"op": "pix", "x": op.x, "y": op.y, "w": op.w, "h": op.h}
        case ops.Ramp():
            return {"op": "ramp", "x": op.x, "y": op.y, "w": op.w, "h": op.h}
        case ops.Image():
            return {"op": "image", "x": op.x, "y": op.y, "w": op.w, "h": op.h, "jpeg": op.jpeg.hex()}
        case ops.Video():
            box = {"x": op.x, "y": op.y, "w": op.w, "h": op.h}
            return {
                "op": "video",
                **box,
                "key": op.key,
                "h264": op.h264,
                "mask": op.mask.hex(),
                "frame": op.frame.hex(),
            }
        case ops.End():
            return {"op": "end"}
        case ops.Store():
            return {"op": "store", "tile": op.tile, "count": op.count}
        case ops.Cache():
            return {"op": "cache", "tile": op.tile, "slot": op.slot, "count": op.count}


def body_value(body):  # noqa: C901, PLR0911 - one arm a type
    match body:
        case records.Update():
            found, stream = ops.split(body.body)
            return {"ops": [op_value(op) for op in found], "stream": stream.hex()}
        case records.CursorHidden():
            return {"kind": 0}
        case records.CursorArrow():
            return {"kind": 1}
        case records.CursorImage(id=i, hot_x=x, hot_y=y, w=w, h=h, rgba=rgba):
            return {"kind": 2, "id": i, "hot_x": x, "hot_y": y, "w": w, "h": h, "rgba": rgba.hex()}
        case records.CursorCached(id=i):
            return {"kind": 3, "id": i}
        case records.Resize(w=w, h=h):
            return {"w": w, "h": h}
        case records.State():
            fields = {"state": body.state, "code": body.code, "name": body.name, "security": body.security}
            fields["recorded"] = True if body.recorded else None
            fields["sound"] = True if body.sound else None
            return {k: v for k, v in fields.items() if v is not None}
        case records.Line(rtt_ms=r, btl_kbit=b, key_to_pixel_ms=k):
            return {"rtt_ms": r, "btl_kbit": b, "key_to_pixel_ms": k}
        case records.Pong(n=n):
            return {"n": n}
        case records.Answer(in_seq=n):
            return {"in_seq": n}
        case records.Lag():
            return asdict(body)
        case records.Audio(number=number, packets=packets):
            return {"number": number, "packets": [packet.hex() for packet in packets]}


def record_value(record):
    return {
        "type": records.encode(record)[0],
        "flags": int(record.flags),
        "epoch": record.epoch,
        "seq": record.seq,
        "in_seq": record.in_seq,
        "t_ms": record.t_ms,
        "body": body_value(record.body),
    }


INPUT_FIELDS = {
    inputs.Ack: (1, ["seq", "backlog"]),
    inputs.View: (2, ["w", "h", "scale", "visible"]),
    inputs.Key: (3, ["in_seq", "down", "extended", "scancode", "keysym"]),
    inputs.Pointer: (4, ["in_seq", "x", "y", "buttons"]),
    inputs.Wheel: (5, ["in_seq", "x", "y", "dx", "dy"]),
    inputs.Release: (6, ["in_seq"]),
    inputs.Text: (7, ["in_seq", "text"]),
    inputs.Resync: (8, []),
    inputs.End: (9, ["how"]),
    inputs.Ping: (10, ["n"]),
    inputs.Shown: (11, ["in_seq", "out_ms", "wait_ms", "in_ms"]),
    inputs.Hear: (16, ["on"]),
}


def input_value(item):
    kind, fields = INPUT_FIELDS[type(item)]
    return {"type": kind, **{name: getattr(item, name) for name in fields}}


def case(name, message, key, decoded, *, canonical):
    return {"name": name, "hex": message.hex(), "canonical": canonical, key: decoded}


def record_cases():
    some_ops = [ops.Copy(0, 300, 1900, 700, 0, 240), ops.Fill(3, 4, 200, 5, b"\x01\x80\xff"), ops.Pix(128, 0, 16383, 1)]
    tile_ops = [
        ops.Store(0, 509),
        ops.Cache(300, 65535, 1),
        ops.Ramp(0, 1024, 1920, 56),
        ops.Image(4, 300, 9, 1, b"\xff\xd8"),
    ]
    film = [
        ops.Video(60, 130, 70, 64, key=True, mask=b"\x2d", frame=b"\x12\x00"),
        ops.Video(0, 0, 64, 64, key=False, mask=b"\x01", frame=b"\x00\x00\x01", h264=True),
        ops.End(),
    ]
    good = {
        "film": [Record(records.Update(ops.join(film, b"")), 9, flags=Flag.LAST | Flag.LOSSY)],
        "update of tiles": [Record(records.Update(ops.join(tile_ops, b"\x28")), 9, flags=Flag.LAST | Flag.LOSSY)],
        "update": [Record(records.Update(ops.join(some_ops, b"\x28\xb5")), 7, 65535, 1, 4660, Flag.LAST)],
        "update without stream": [Record(records.Update(ops.join(some_ops[:2], b"")), 8, flags=Flag.LAST | Flag.LOSSY)],
        "empty update": [Record(records.Update(ops.join([], b"")), 4294967295, flags=Flag.EXPRESS)],
        "cursor hidden": [Record(records.CursorHidden(), 1)],
        "cursor arrow": [Record(records.CursorArrow(), 2)],
        "cursor image": [Record(records.CursorImage(300, 1, 0, 2, 1, bytes(range(8))), 3)],
        "cursor cached": [Record(records.CursorCached(300), 4)],
        "resize": [Record(records.Resize(1920, 1080), 1, epoch=1, flags=Flag.RESET)],
        "largest framebuffer": [Record(records.Resize(16384, 2048), 1, epoch=65535)],
        "connecting": [Record(records.State("connecting"), 1)],
        "active": [Record(records.State("active", name="福祉課-PC042", security="nla"), 2)],
        "recorded": [Record(records.State("active", recorded=True), 2)],
        "to be heard": [Record(records.State("active", sound=True), 2)],
        "sound": [Record(records.Audio(4294967295, (b"\xfc\xff\xfe", bytes(range(200)))), 5, flags=Flag.EXPRESS)],
        "closed": [Record(records.State("closed", code="office.pc-closed"), 3)],
        "line": [Record(records.Line(103, 1987, 0), 9)],
        "pong": [Record(records.Pong(65535))],
        "answer": [Record(records.Answer(513), 10)],
        "lag": [Record(records.Lag(2, True, 431, 9, 350, 12, 5, 55), 11)],
        "lag without a cause": [Record(records.Lag(0, False, 61, 9, 31, 1, 2, 18), 12)],
    }
    good["several"] = [one for name in ("resize", "active", "update", "line", "pong") for one in good[name]]
    out = [
        case(name, records.encode_all(items), "records", [record_value(r) for r in items], canonical=True)
        for name, items in good.items()
    ]
    strange = bytes([99, 0]) + bytes(10) + b"\x03abc" + records.encode(good["pong"][0])
    out.append(case("unknown type is skipped", strange, "records", [record_value(good["pong"][0])], canonical=False))
    flagged = bytearray(records.encode(good["resize"][0]))
    flagged[1] |= 0xF0
    out.append(
        case("unknown flags are skipped", bytes(flagged), "records", [record_value(good["resize"][0])], canonical=False)
    )
    out.append(case("nothing", b"", "records", [], canonical=False))
    return out


def raw_record(kind, body):
    return Writer().u8(kind).raw(bytes(11)).blob(body).done()


def bad_records():
    whole = records.encode(Record(records.Resize(640, 480), 1))
    return {
        "cut in the header": whole[:7],
        "cut in the body": whole[:-1],
        "length without end": raw_record(3, b"")[:-1] + b"\xff\xff\xff\xff\xff\x01",
        "resize to nothing": raw_record(3, b"\x00\x05"),
        "resize too wide": raw_record(3, Writer().varint(16385).varint(1).done()),
        "resize too large": raw_record(3, Writer().varint(16384).varint(2049).done()),
        "bytes after resize": raw_record(3, b"\x05\x05\x05"),
        "unknown cursor kind": raw_record(2, b"\x09"),
        "cursor image too short": raw_record(2, b"\x02\x01\x00\x00\x02\x01" + bytes(7)),
        "cursor image without area": raw_record(2, b"\x02\x01\x00\x00\x00\x01"),
        "state is not JSON": raw_record(4, b"{state"),
        "unknown state": raw_record(4, b'{"state":"asleep"}'),
        "pong too short": raw_record(6, b"\x01"),
        "answer too long": raw_record(7, b"\x01\x00\x00"),
        "lag too short": raw_record(8, b"\x02\x00" + bytes(5)),
        "no sound": raw_record(16, b"\x05"),
        "an empty packet of sound": raw_record(16, b"\x05\x01\xfc\x00"),
        "a packet of sound cut": raw_record(16, b"\x05\x03\xfc\xff"),
    }


def input_cases():
    good = {
        "ack": [inputs.Ack(4294967295, 300)],
        "view": [inputs.View(1280, 720, 150, True)],
        "view hidden": [inputs.View(390, 844, 300, False)],
        "key down": [inputs.Key(1, True, False, 0x1E, 0x61)],
        "key up, extended": [inputs.Key(65535, False, True, 0x4B, 0xFF51)],
        "zenkaku hankaku": [inputs.Key(2, True, False, 0x29, 0xFF2A)],
        "pointer": [inputs.Pointer(3, 1919, 1079, 5)],
        "wheel": [inputs.Wheel(4, 10, 200, -120, 32767)],
        "release": [inputs.Release(5)],
        "text": [inputs.Text(6, "神戸市、𠮷野")],
        "empty text": [inputs.Text(7, "")],
        "resync": [inputs.Resync()],
        "end": [inputs.End(0)],
        "ping": [inputs.Ping(513)],
        "shown": [inputs.Shown(513, 4, 65535, 7)],
        "hear": [inputs.Hear(True)],
        "hear no more": [inputs.Hear(False)],
    }
    good["several"] = [one for items in good.values() for one in items]
    out = [
        case(name, inputs.encode_all(items), "inputs", [input_value(i) for i in items], canonical=True)
        for name, items in good.items()
    ]
    flags = b"\x03\x01\x00\xff\x1e\x61\x04\x01\x00\x05\x06\xff"
    decoded = [inputs.Key(1, True, True, 0x1E, 0x61), inputs.Pointer(1, 5, 6, 31)]
    values = [input_value(i) for i in decoded]
    out.append(case("unknown bits are ignored", flags, "inputs", values, canonical=False))
    out.append(case("nothing", b"", "inputs", [], canonical=False))
    return out


def bad_inputs():
    return {
        "unknown type": b"\x63",
        "type zero": b"\x00",
        "cut": b"\x03\x01\x00",
        "varint of six bytes": b"\x01\xff\xff\xff\xff\xff\x01\x00",
        "varint of 33 bits": b"\x01\xff\xff\xff\xff\x1f\x00",
        "view without area": b"\x02\x00\x05\x64\x01",
        "view without scale": b"\x02\x05\x05\x00\x01",
        "view half visible": b"\x02\x05\x05\x64\x02",
        "position too far": b"\x04\x01\x00\x80\x80\x04\x01\x00",
        "wheel too far": b"\x05\x01\x00\x01\x01\x80\x80\x04\x00",
        "text is not UTF-8": b"\x07\x01\x00\x02\xc3\x28",
        "text is a lone surrogate": b"\x07\x01\x00\x03\xed\xa0\x80",
        "text too long": b"\x07\x01\x00\x81\x80\x01" + b"a" * 16385,
        "text cut": b"\x07\x01\x00\x05ab",
        "unknown way to end": b"\x09\x07",
        "shown cut": b"\x0b\x01\x00\x04\x05",
        "shown after more than a minute": b"\x0b\x01\x00\x04\x80\x80\x04\x05",
        "half heard": b"\x10\x02",
    }


TILES = 5  # slots of the cache in session.json: few, so that tiles have to go


class Session:
    """Writes messages the plain way, to be compared with any client."""

    def __init__(self):
        self.rng = np.random.default_rng(20)
        self.seq = 0
        self.client = Client(TILES)
        self.messages = []
        self.begin_stream()

    def begin_stream(self):
        params = zstandard.ZstdCompressionParameters.from_level(3, window_log=21)
        self.stream = zstandard.ZstdCompressor(compression_params=params).compressobj()

    def pixels(self, w, h):
        """Something like text: few colours, some repetition."""
        return bytes(self.rng.choice(np.array([0, 0, 0, 90, 255], np.uint8), w * h * 3))

    def drawn(self, op):
        """What the stream holds for an op."""
        if isinstance(op, ops.Ramp):
            return bytes(self.rng.integers(0, 256, ramp.size(op.w, op.h), np.uint8))
        return self.pixels(op.w, op.h) if isinstance(op, ops.Pix) else b""

    def update(self, *found, flags=Flag.LAST):
        raw = b"".join(map(self.drawn, found))
        stream = self.stream.compress(raw) + self.stream.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK) if raw else b""
        return records.Update(ops.join(found, stream)), flags

    def say(self, *items):
        out = b""
        for body, flags in items:
            self.seq += 1
            message = records.encode(Record(body, self.seq, flags=flags))
            self.client.apply(message[0], int(flags), message[13:] if message[12] < 128 else _body(message))
            out += message
        height, width = self.client.frame.shape[:2]
        digest = hashlib.sha256(self.client.bgr()).hexdigest()
        self.messages.append({"hex": out.hex(), "w": width, "h": height, "sha256": digest})


def _body(message):
    pos = 12
    while message[pos] > 127:
        pos += 1
    return message[pos + 1 :]


def session():
    s = Session()
    s.say((records.State("connecting"), Flag(0)), (records.Resize(97, 61), Flag.RESET))
    s.say((records.State("active", name="PC"), Flag(0)), s.update(ops.Fill(0, 0, 97, 61, b"\xf0\xe0\xd0")))
    s.say(s.update(ops.Pix(3, 4, 40, 20), flags=Flag(0)), s.update(ops.Pix(60, 30, 37, 31)))
    s.say(s.update(ops.Copy(3, 4, 40, 20, 3, 9)), s.update(ops.Copy(3, 9, 40, 20, 8, 6), ops.Pix(0, 0, 1, 1)))
    s.say(s.update(ops.Copy(10, 10, 50, 40, 9, 10), ops.Copy(9, 10, 50, 40, 10, 10), ops.Copy(60, 30, 30, 30, 50, 20)))
    s.say(s.update(ops.Pix(96, 60, 1, 1), ops.Fill(96, 0, 1, 60, b"\x00\x00\xff"), ops.Pix(0, 60, 96, 1)))
    s.say(s.update(ops.Pix(5, 5, 12, 12), flags=Flag.EXPRESS | Flag.LAST), (records.Line(40, 2000, 55), Flag(0)))
    s.say((records.Resize(64, 200), Flag(0)), s.update(ops.Pix(0, 0, 64, 64)))
    s.begin_stream()
    s.say(s.update(ops.Pix(1, 100, 63, 90), flags=Flag.RESET | Flag.LAST))
    s.say(s.update(ops.Copy(1, 100, 60, 90, 0, 10), ops.Pix(2, 3, 4, 5)))
    s.begin_stream()
    s.say((records.Resize(30, 20), Flag.RESET))
    s.say(s.update(ops.Pix(0, 0, 30, 20)))
    tiles(s)
    return s.messages


def tiles(s):
    """Three columns and two rows of tiles, those at the edges smaller; ramp pixels; tiles that have to go."""
    lossy = Flag.LOSSY | Flag.LAST
    s.say((records.Resize(130, 100), Flag(0)), s.update(ops.Pix(0, 0, 130, 100)))
    s.say(s.update(ops.Store(0, 2), ops.Fill(0, 0, 130, 100, b"\x10\x20\x30"), ops.Cache(1, 0, 1)))
    s.say(s.update(ops.Cache(0, 0, 2), ops.Pix(64, 64, 66, 36)))
    s.say(s.update(ops.Ramp(3, 5, 61, 40), ops.Pix(70, 2, 3, 3), ops.Ramp(64, 64, 64, 36), flags=lossy))
    s.say(s.update(ops.Ramp(129, 0, 1, 1), ops.Ramp(0, 64, 5, 3), ops.Copy(3, 5, 61, 40, 40, 20), flags=lossy))
    s.say(s.update(ops.Store(3, 3), ops.Copy(0, 0, 128, 64, 1, 1), ops.Cache(0, 0, 1)))
    s.say(s.update(ops.Store(0, 2), ops.Pix(0, 0, 128, 64), ops.Cache(0, 0, 1)))  # slots 1 and 2 are taken again
    s.say(s.update(ops.Fill(0, 0, 130, 100, b"abc"), ops.Cache(1, 2, 1), ops.Cache(0, 1, 1), ops.Cache(4, 3, 2)))
    s.say((records.Resize(64, 70), Flag(0)), s.update(ops.Cache(0, 1, 1)))  # remembered over a new size
    s.begin_stream()
    s.say((records.Resize(64, 64), Flag.RESET), s.update(ops.Pix(0, 0, 64, 64), ops.Store(0, 1)))
    s.say(s.update(ops.Fill(0, 0, 64, 64, b"xyz"), ops.Cache(0, 0, 1)))


def work():  # noqa: C901 - one arm a kind of work
    """What the encoder makes of office work on a slow line: every op, tiles that have to go, lossy pixels refined."""
    caps = ops.Caps(tiles=7, ramp=True, jpeg=True, video="av1")
    frame = picture(200, 150, 1)
    encoder, client, rng = Encoder(200, 150, caps=caps), Client(caps.tiles), np.random.default_rng(3)
    size = Record(records.Resize(200, 150), 1, flags=Flag.RESET)
    client.resize(200, 150)
    steps, pending, now, behind = [], [records.encode(size).hex()], 0.0, frame.copy()

    def spoken(unit):
        flags = records.flags(express=False, last=unit.last, lossy=unit.lossy)
        pending.append(records.encode(Record(records.Update(unit.body), 1, flags=flags)).hex())
        client.update(unit.body)

    def film(now):
        for shift in range(24):
            frame[:150, :192] = np.roll(photograph(192, 150, 7), 5 * shift, 1)
            now += 0.04
            encoder.note([(0, 0, 192, 150)], now=now)
            while (unit := encoder.encode(frame, limit=2500, now=now, crisp=400, line_kbit=400)) is not None:
                spoken(unit)
        return now

    for what in ("window", "scroll", "photo", "window", "back", "film", "scroll", "back", "photo", "window", "back"):
        other = frame.copy()
        if what == "window":
            frame[:] = picture(200, 150, int(rng.integers(0, 99)))
        elif what == "back":
            frame[:] = behind
        elif what == "photo":
            frame[64:128, 64:128] = photograph(64, 64, 2)
        elif what == "scroll":
            frame[:120] = frame[30:].copy()
        elif what == "film":
            now = film(now)
        behind = other
        moves = [(0, 30, 200, 120, 0, 0)] if what == "scroll" else []
        encoder.note([(0, 0, 200, 150)], moves, now=now)
        now += 0.4
        while (unit := encoder.encode(frame, limit=2500, now=now, crisp=400)) is not None:
            spoken(unit)
            now += 0.4
        assert client.film is None
        steps.append(
            {"what": what, "messages": pending, "sha256": hashlib.sha256(frame[:, :, :3].tobytes()).hexdigest()}
        )
        assert client.bgr() == frame[:, :, :3].tobytes()
        pending = []
    return steps


def reshaped(begin):
    def say(*found):
        return records.encode(Record(records.Update(ops.join(found, b"")), 2)).hex()

    resize = records.encode(Record(records.Resize(20, 30), 3)).hex()
    return {
        "name": "show of a tile of another shape",
        "messages": [begin.hex(), say(ops.Store(0, 1)), resize, say(ops.Cache(0, 0, 1))],
    }


def bad_sessions():
    begin = records.encode(Record(records.Resize(30, 20), 1, flags=Flag.RESET))

    def after(name, *found, extra=b"", swap=None):
        s = Session()
        body, flags = s.update(*(swap or found))
        _, stream = ops.split(body.body)
        update = records.Update(ops.join(found, stream + extra))
        return {"name": name, "messages": [begin.hex(), records.encode(Record(update, 2, flags=flags)).hex()]}

    def raw(name, body):
        return {"name": name, "messages": [begin.hex(), records.encode(Record(records.Update(body), 2)).hex()]}

    return [
        after("too few pixels", ops.Pix(0, 0, 5, 5), swap=[ops.Pix(0, 0, 5, 4)]),
        after("too many pixels", ops.Pix(0, 0, 5, 5), swap=[ops.Pix(0, 0, 5, 6)]),
        after("pixels without a PIX", ops.Fill(0, 0, 5, 5, b"abc"), swap=[ops.Pix(0, 0, 5, 6)]),
        after("pix over the right edge", ops.Pix(26, 0, 5, 5)),
        after("fill over the lower edge", ops.Fill(0, 16, 5, 5, b"abc")),
        after("copy from outside", ops.Copy(26, 0, 5, 5, 0, 0)),
        after("copy to outside", ops.Copy(0, 0, 5, 5, 26, 0)),
        after("not zstd", ops.Pix(0, 0, 2, 2), swap=[ops.Fill(0, 0, 1, 1, b"abc")], extra=b"no zstd here"),
        raw("unknown op", b"\x01\x09"),
        raw("unknown pixel format", b"\x06\x03\x00\x00\x01\x01\x02"),
        after("ramp over the lower edge", ops.Ramp(0, 16, 5, 5)),
        after("image over the right edge", ops.Image(26, 0, 5, 5, b"\xff\xd8")),
        after("film over the right edge", ops.Video(26, 0, 5, 5, key=True, mask=b"\x01", frame=b"av1")),
        raw("film without a mask", b"\x09\x07\x00\x00\x05\x05\x01\x00\x01a"),
        raw("film without a frame", b"\x09\x07\x00\x00\x05\x05\x01\x01\x01\x00"),
        raw("film without area", b"\x0a\x07\x00\x00\x00\x05\x01\x01\x01\x01a"),
        after("too few levels", ops.Ramp(0, 0, 5, 5), swap=[ops.Ramp(0, 0, 5, 4)]),
        after("store of a tile that is not there", ops.Store(0, 2)),
        raw("store of nothing", b"\x03\x04\x00\x00"),
        raw("show of nothing", b"\x04\x05\x00\x00\x00"),
        after("show of an empty slot", ops.Store(0, 1), ops.Cache(0, 0, 1), ops.Cache(0, 1, 1)),
        after("show at a tile that is not there", ops.Store(0, 1), ops.Cache(1, 0, 1)),
        reshaped(begin),
        raw("empty area", b"\x06\x03\x00\x00\x00\x01\x00"),
        raw("ops cut", b"\x04\x03\x00\x00\x01"),
        raw("ops longer than the record", b"\x20\x03\x00\x00\x01\x01\x00"),
    ]


def malformed(found):
    return [{"name": name, "hex": data.hex()} for name, data in found.items()]


def everything():
    return {
        "records.json": {"cases": record_cases(), "malformed": malformed(bad_records())},
        "inputs.json": {"cases": input_cases(), "malformed": malformed(bad_inputs())},
        "session.json": {"tiles": TILES, "messages": session()},
        "work.json": {"tiles": 7, "steps": work()},
        "bad_sessions.json": bad_sessions(),
    }


if __name__ == "__main__":
    for name, content in everything().items():
        (HERE / name).write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n")
