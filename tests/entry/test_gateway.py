"""The gateway as a process."""

import asyncio
import contextlib
import os
import signal
import socket
import ssl
import sys
from pathlib import Path

import httpx
import pytest

from sudare.entry.config import read_gateway
from sudare.entry.gateway import Gateway, NoTunnels, behind_edge, common_passwords, connections, serving
from sudare.entry.gateway_init import init

pytestmark = pytest.mark.anyio
SOURCE = Path(__file__).parents[2] / "src"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


async def answers(port, within=30):
    """Until something listens there."""
    async with asyncio.timeout(within):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.05)
            else:
                writer.close()
                return


def test_the_blocklist_is_folded_and_long():
    listed = common_passwords()

    assert len(listed) > 5000
    assert "password" in listed
    assert all(word == word.casefold() for word in listed)


async def test_the_api_answers_behind_the_edges_socket(tmp_path):
    await init(tmp_path, "https://localhost:8443", organisation="すだれ市", admin="admin")
    gateway = Gateway(read_gateway(tmp_path / "gateway.toml"))
    app, keeper = await gateway.start(NoTunnels())

    async with serving(behind_edge(app, tmp_path / "api.sock"), keeper):
        reader, writer = await asyncio.open_unix_connection(tmp_path / "api.sock")
        writer.write(b"PROXY TCP4 192.0.2.1 192.0.2.2 1 443\r\n")
        writer.write(b"GET /api/v1/session HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        answer = await reader.read()
        writer.close()
    await gateway.database.close()

    assert answer.startswith(b"HTTP/1.1 200")
    assert answer.endswith(b'{"signed_in":false}')


@pytest.mark.parametrize("plain", [["--plain"], []], ids=["plain", "edge"])
async def test_the_command_serves_over_tls_and_stops_in_order_at_sigterm(tmp_path, plain):
    url = f"https://localhost:{free_port()}"
    await init(tmp_path, url, organisation="すだれ市", admin="admin")
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "sudare.entry.cli", "gateway", "run", "--dir", str(tmp_path), *plain,
        env=os.environ | {"PYTHONPATH": str(SOURCE)},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    try:
        context = ssl.create_default_context(cafile=str(tmp_path / "tls.pem"))
        answer = None
        async with httpx.AsyncClient(verify=context, trust_env=False) as http:
            async with asyncio.timeout(20):
                while answer is None:
                    try:
                        answer = await http.get(f"{url}/api/v1/session")
                    except httpx.ConnectError:
                        await asyncio.sleep(0.05)
        assert answer.json() == {"signed_in": False}
    finally:
        process.send_signal(signal.SIGTERM)
        out, _ = await asyncio.wait_for(process.communicate(), 20)

    assert process.returncode == 0
    assert b"gateway.stopped" in out


@pytest.mark.parametrize("files", [64, 1024, 4096, 524_288])
def test_the_edge_takes_no_more_connections_than_there_are_files_for_and_leaves_room_for_others(files):
    limits = connections(files)

    assert limits["max_connections"] * 3 <= max(files, 48)
    assert limits["max_per_network"] <= limits["max_connections"] // 2
    assert limits == {"max_connections": 30_000, "max_per_network": 2_000} or files < 524_288


async def test_one_strangers_connections_do_not_shut_others_out(tmp_path):
    port = free_port()
    await init(tmp_path, f"https://localhost:{port}", organisation="すだれ市", admin="admin")
    run = f'ulimit -Sn 200; ulimit -Hn 600; exec "{sys.executable}" -m sudare.entry.cli gateway run --dir "{tmp_path}"'
    process = await asyncio.create_subprocess_exec(
        "/bin/sh", "-c", run, env=os.environ | {"PYTHONPATH": str(SOURCE)}, stderr=asyncio.subprocess.DEVNULL
    )
    context = ssl.create_default_context(cafile=str(tmp_path / "tls.pem"))
    lines = []
    try:
        await answers(port)
        for _ in range(300):
            with contextlib.suppress(OSError):
                lines.append(await asyncio.open_connection("127.0.0.1", port, ssl=context, server_hostname="localhost"))
                lines[-1][1].write(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")

        other = socket.create_connection(("127.0.0.1", port), source_address=("127.0.0.2", 0))
        other.setblocking(False)
        reader, writer = await asyncio.open_connection(sock=other, ssl=context, server_hostname="localhost")
        lines.append((reader, writer))
        writer.write(b"GET /api/v1/session HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        answer = await asyncio.wait_for(reader.read(), 20)
    finally:
        for _, writer in lines:
            writer.transport.abort()
        process.kill()
        await process.wait()

    assert answer.startswith(b"HTTP/1.1 200")
