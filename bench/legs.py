"""
What the kernel believes of a stream's two legs while somebody types: `python -m bench.legs`.

A splice on loopback between a device, which sends a key of 45 bytes and acknowledges its picture, and an office that
answers after 30 ms with 900 bytes. The true round trip of either leg is well under a millisecond; what TCP_INFO says
of the leg to the office holds the office's delayed acknowledgement as well (docs/decisions/0010-lag.md).
"""

import asyncio
import socket
import statistics
import struct

from sudare.runtime.splice import Leg

KEYS, EVERY_S, ANSWER_S = 60, 0.12, 0.03
_RTT_AT, _MIN_RTT_AT = 68, 148  # struct tcp_info, microseconds


def believed(leg: Leg) -> tuple[float, float]:
    """(smoothed, smallest) round trip in milliseconds."""
    assert leg.transport is not None
    info = leg.transport.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 192)
    smooth, least = (struct.unpack_from("<I", info, at)[0] / 1000 for at in (_RTT_AT, _MIN_RTT_AT))
    return smooth, least


async def office(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer every key; acknowledgements of pictures need no answer."""
    while data := await reader.read(65_536):
        if data.startswith(b"K"):
            await asyncio.sleep(ANSWER_S)
            writer.write(b"P" * 900)


async def line(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """One end."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return reader, writer


async def main() -> None:
    """Type, and print what either leg looks like."""
    legs: asyncio.Queue[Leg] = asyncio.Queue()

    def made() -> Leg:
        leg = Leg()
        leg.hold()
        legs.put_nowait(leg)
        return leg

    server = await asyncio.get_running_loop().create_server(made, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    reader, writer = await line(port)
    device = await legs.get()
    answering = asyncio.create_task(office(*await line(port)))
    far = await legs.get()
    far.join(device)
    seen: dict[str, list[float]] = {"device": [], "office": []}
    for _ in range(KEYS):
        writer.write(b"K" * 45)
        await reader.read(65_536)
        writer.write(b"A" * 30)
        await asyncio.sleep(EVERY_S)
        seen["device"].append(believed(device)[0])
        seen["office"].append(believed(far)[0])
    for name, leg in (("device", device), ("office", far)):
        print(f"{name:8} smoothed {statistics.median(seen[name]):6.2f} ms   smallest {believed(leg)[1]:6.3f} ms")
    answering.cancel()
    server.close()


if __name__ == "__main__":
    asyncio.run(main())
