"""WebSocket frames by hand (RFC 6455 5.2), right and wrong ones."""

CONT, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
MASK = bytes.fromhex("37fa213d")  # the one of the examples in RFC 6455 5.7


def frame(opcode, payload=b"", *, fin=True, mask=MASK, rsv=0, length=None):
    """One frame; `mask=None` as a server sends it; `length` when the header is to tell another one than there is."""
    size = len(payload) if length is None else length
    head = bytes([fin << 7 | rsv << 4 | opcode])
    marked = 0x80 if mask is not None else 0
    if size < 126:
        head += bytes([marked | size])
    elif size < 65_536:
        head += bytes([marked | 126]) + size.to_bytes(2, "big")
    else:
        head += bytes([marked | 127]) + size.to_bytes(8, "big")
    if mask is None:
        return head + payload
    return head + mask + bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload))


def message(payload, *sizes):
    """One binary message, in fragments of these sizes and what is left."""
    parts, rest = [], payload
    for size in sizes:
        parts.append(rest[:size])
        rest = rest[size:]
    parts.append(rest)
    last = len(parts) - 1
    return b"".join(frame(CONT if at else BINARY, part, fin=at == last) for at, part in enumerate(parts))


def closing(code, reason=b""):
    """The payload of a close frame."""
    return code.to_bytes(2, "big") + reason
