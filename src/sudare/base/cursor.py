"""
A reader and writer of little-endian integers, varints and byte strings.

Varint: unsigned LEB128, at most 5 bytes, value below 2**32. `zigzag` maps signed onto unsigned as Protocol Buffers do.
INVARIANT: a reader never reads past its end and never allocates more than it was given.
"""

import struct

from sudare.base.errors import SudareError

_U16 = struct.Struct("<H")
_U32 = struct.Struct("<I")


class Reader:
    """A position in a byte string. Raises `caller.malformed` when the bytes end too early."""

    __slots__ = ("data", "pos")

    def __init__(self, data: bytes | memoryview, pos: int = 0) -> None:
        self.data = data
        self.pos = pos

    def left(self) -> int:
        """Bytes not yet read."""
        return len(self.data) - self.pos

    def take(self, size: int) -> bytes:
        """The next `size` bytes."""
        end = self.pos + size
        if size < 0 or end > len(self.data):
            raise SudareError("caller.malformed", f"wanted {size} bytes, {self.left()} left")
        out = bytes(self.data[self.pos : end])
        self.pos = end
        return out

    def rest(self) -> bytes:
        """Everything not yet read."""
        return self.take(self.left())

    def u8(self) -> int:
        """One byte."""
        if self.pos >= len(self.data):
            raise SudareError("caller.malformed", "wanted a byte, none left")
        value = self.data[self.pos]
        self.pos += 1
        return value

    def u16(self) -> int:
        """Two bytes, little-endian."""
        value: int = _U16.unpack(self.take(2))[0]
        return value

    def u32(self) -> int:
        """Four bytes, little-endian."""
        value: int = _U32.unpack(self.take(4))[0]
        return value

    def varint(self) -> int:
        """Unsigned LEB128 below 2**32."""
        value = 0
        for shift in range(0, 35, 7):
            byte = self.u8()
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                if value >> 32:
                    break
                return value
        raise SudareError("caller.malformed", "varint too large")

    def zigzag(self) -> int:
        """Signed integer, zigzag over a varint."""
        value = self.varint()
        return (value >> 1) ^ -(value & 1)

    def blob(self) -> bytes:
        """A varint length and that many bytes."""
        return self.take(self.varint())


class Writer:
    """A growing byte string; the mirror of `Reader`."""

    __slots__ = ("data",)

    def __init__(self) -> None:
        self.data = bytearray()

    def u8(self, value: int) -> "Writer":
        """One byte."""
        self.data.append(value)
        return self

    def u16(self, value: int) -> "Writer":
        """Two bytes, little-endian."""
        self.data += _U16.pack(value)
        return self

    def u32(self, value: int) -> "Writer":
        """Four bytes, little-endian."""
        self.data += _U32.pack(value)
        return self

    def varint(self, value: int) -> "Writer":
        """Unsigned LEB128 below 2**32."""
        if value < 0 or value >> 32:
            raise ValueError(f"varint out of range: {value}")
        while value > 0x7F:
            self.data.append(value & 0x7F | 0x80)
            value >>= 7
        self.data.append(value)
        return self

    def zigzag(self, value: int) -> "Writer":
        """Signed integer, zigzag over a varint."""
        return self.varint(((value << 1) ^ (value >> 31)) & 0xFFFFFFFF)

    def raw(self, value: bytes | bytearray | memoryview) -> "Writer":
        """The bytes themselves."""
        self.data += value
        return self

    def blob(self, value: bytes | bytearray | memoryview) -> "Writer":
        """A varint length and the bytes."""
        return self.varint(len(value)).raw(value)

    def done(self) -> bytes:
        """What was written."""
        return bytes(self.data)
