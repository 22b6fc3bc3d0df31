"""The cage, looked at from inside by a real process in it."""

import asyncio
import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from sudare.connector import sandbox
from sudare.connector.sandbox import command, environment
from sudare.connector.spawner import Spawner

pytestmark = pytest.mark.servers

LOOK = """
import ctypes, json, os, socket, sys

def tried(act):
    try:
        act()
    except OSError as failure:
        return failure.errno
    return 0

def write(path, size=1):
    with open(path, "wb") as file:
        for _ in range(size):
            file.write(bytes(1 << 20))

def open_to_write(path):
    os.close(os.open(path, os.O_WRONLY | (0 if path.startswith("/proc") else os.O_CREAT)))

status = dict(line.split(":\\t", 1) for line in open("/proc/self/status").read().splitlines() if ":\\t" in line)
port, home, open_fd = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
print(json.dumps({
    "interfaces": [name for _, name in socket.if_nameindex()],
    "loopback": tried(lambda: socket.create_connection(("127.0.0.1", port), 2)),
    "outside": tried(lambda: socket.create_connection(("192.0.2.1", 80), 2)),
    "abstract": tried(lambda: socket.socket(socket.AF_UNIX).connect("\\0sudare-test")),
    "root": sorted(os.listdir("/")),
    "home": os.path.exists(home),
    "etc": sorted(os.listdir("/etc")) if os.path.exists("/etc") else [],
    "processes": len([name for name in os.listdir("/proc") if name.isdigit()]),
    "files": sorted(int(fd) for fd in os.listdir("/proc/self/fd") if os.path.exists(f"/proc/self/fd/{fd}")),
    "environment": dict(os.environ),
    "capabilities": [status[name] for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")],
    "no_new_privileges": status["NoNewPrivs"],
    "namespace": ctypes.CDLL(None).unshare(0x10000000),
    "hostname": socket.gethostname(),
    "scratch": tried(lambda: write("/tmp/x")),
    "too_much": tried(lambda: write("/tmp/y", 64)),
    "written": {path: tried(lambda: open_to_write(path)) for path in ("/x", "/dev/x", "/dev/shm/x", "/usr/x", "/etc/x",
        "/run/x", sys.prefix + "/x", "/proc/sys/kernel/hostname", "/proc/sys/kernel/core_pattern")},
}))
"""


@pytest.fixture(scope="module")
def inside(tmp_path_factory):
    """What a process in the cage finds; a listener, an abstract socket and a file in a home wait outside."""
    home = tmp_path_factory.mktemp("home") / "secret"
    home.write_text("secret")
    cage = command("bubblewrap", 3, "info")
    cage = cage[: cage.index("--") + 1]
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.socket(socket.AF_UNIX) as abstract:
        abstract.bind("\0sudare-test")
        abstract.listen()
        port = str(listener.getsockname()[1])
        done = subprocess.run(
            [*cage, sys.executable, "-c", LOOK, port, str(home), "0"],
            env=environment(), stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout)


def test_there_is_no_network(inside):
    assert inside["interfaces"] == ["lo"]
    assert inside["loopback"] != 0
    assert inside["outside"] != 0
    assert inside["abstract"] != 0


def test_there_is_no_home_and_nothing_of_the_machine_but_the_program(inside):
    program = {Path(path).parts[1] for path in (sys.prefix, sandbox.__file__)}

    assert not inside["home"]
    assert set(inside["root"]) <= {"bin", "lib", "lib64", "usr", "etc", "proc", "dev", "tmp"} | program
    assert set(inside["etc"]) <= {"alternatives", "ld.so.cache", "ssl"}


def test_there_are_no_capabilities_and_none_can_be_got(inside):
    assert set(inside["capabilities"]) == {"0" * 16}
    assert inside["no_new_privileges"] == "1"
    assert inside["namespace"] == -1


def test_other_processes_are_not_to_be_seen(inside):
    assert inside["processes"] <= 2  # the cage's own first process, and this one
    assert inside["hostname"] == "session"


def test_nothing_is_inherited_but_what_is_given(inside):
    assert set(inside["files"]) <= {0, 1, 2}
    assert set(inside["environment"]) <= {*environment(), "PWD", "LC_CTYPE"}


def test_there_is_a_little_to_write_to_and_nothing_else(inside):
    assert inside["scratch"] == 0
    assert inside["too_much"] != 0
    assert [path for path, failed in inside["written"].items() if not failed] == []


def test_a_cage_can_be_done_without_and_then_only_the_program_is_run():
    assert command("none", 7, "debug") == [sys.executable, "-m", "sudare.entry.worker", "7", "debug"]


def test_nothing_secret_is_in_the_command_or_the_environment():
    told = " ".join(command("bubblewrap", 7, "info"))

    assert set(environment()) == {
        "PATH", "HOME", "LANG", "PYTHONDONTWRITEBYTECODE", "PYTHONSAFEPATH", "PYTHONNOUSERSITE", "WLOG_LEVEL",
    }  # fmt: skip
    assert told.endswith("sudare.entry.worker 7 info")


@pytest.mark.anyio
async def test_the_real_worker_starts_in_it():
    spawner = Spawner("bubblewrap")
    worker = await spawner.take()
    try:
        assert worker.alive
        assert worker.send({"t": "stop"}, [])
        assert await asyncio.wait_for(worker.process.wait(), 30) == 0
    finally:
        await worker.stop()
