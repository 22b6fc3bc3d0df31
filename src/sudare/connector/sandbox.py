"""
The cage of a session process: bubblewrap with no network, no capabilities, only the program to read, and nothing to
write but a small folder in memory.

The process talks foreign protocols to machines we do not control; whoever breaks it open finds one socket to one PC.
"""

import sys
from pathlib import Path
from typing import Final

_SYSTEM: Final = ("/usr", "/lib", "/lib64", "/bin", "/etc/ssl/openssl.cnf", "/etc/ld.so.cache", "/etc/alternatives")


_SCRATCH: Final = 16 << 20


def command(kind: str, pair_fd: int, log: str) -> list[str]:
    """The command line of a session process inside its cage (`bubblewrap`) or without one (`none`)."""
    program = [sys.executable, "-m", "sudare.entry.worker", str(pair_fd), log]
    if kind == "none":
        return program
    return [*_bubblewrap(), "--", *program]


def environment() -> dict[str, str]:
    """The whole environment of a session process."""
    return {
        "PATH": "/usr/bin:/bin",
        "HOME": "/tmp",  # noqa: S108 (the cage's own tmpfs)
        "LANG": "C.UTF-8",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONSAFEPATH": "1",
        "PYTHONNOUSERSITE": "1",
        "WLOG_LEVEL": "OFF",
    }


def _bubblewrap() -> list[str]:
    # No user namespace in the cage: most ways out of one began with the powers a new one gives over the kernel.
    out = ["bwrap", "--unshare-all", "--unshare-user", "--disable-userns", "--cap-drop", "ALL"]
    out += ["--die-with-parent", "--new-session", "--hostname", "session"]
    out += ["--proc", "/proc", "--dev", "/dev", "--size", str(_SCRATCH), "--tmpfs", "/tmp"]  # noqa: S108
    for path in _SYSTEM:
        out += (
            ["--symlink", str(Path(path).readlink()), path]
            if Path(path).is_symlink()
            else ["--ro-bind-try", path, path]
        )
    for path in _program():
        out += ["--ro-bind", path, path]
    # The cage's own root and /dev are in memory, too: who may write there may fill the machine's. And where the
    # connector runs as root, /proc/sys is the machine's: its core_pattern names a program the kernel starts as root.
    for path in ("/proc", "/dev", "/"):
        out += ["--remount-ro", path]
    return [*out, "--chdir", "/"]


def _program() -> list[str]:
    """Where Python, its libraries and Sudare itself are, outside the system's own folders."""
    source = Path(__file__).resolve().parents[2]
    wanted = {sys.prefix, sys.base_prefix, str(source), *(path for path in sys.path if path.endswith("-packages"))}
    roots = sorted(path for path in wanted if not path.startswith("/usr/") and path != "/usr")
    return [root for root in roots if not any(root != other and root.startswith(other + "/") for other in roots)]
