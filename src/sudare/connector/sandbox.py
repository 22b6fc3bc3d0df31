"""
The cage of a session process: bubblewrap with no network, no capabilities, and only the program to read.

The process talks foreign protocols to machines we do not control; whoever breaks it open finds one socket to one PC.
"""

import sys
from pathlib import Path
from typing import Final

_SYSTEM: Final = ("/usr", "/lib", "/lib64", "/bin", "/etc/ssl/openssl.cnf", "/etc/ld.so.cache", "/etc/alternatives")


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
    out = ["bwrap", "--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL", "--hostname", "session"]
    out += ["--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "--dir", "/run"]  # noqa: S108
    for path in _SYSTEM:
        out += (
            ["--symlink", str(Path(path).readlink()), path]
            if Path(path).is_symlink()
            else ["--ro-bind-try", path, path]
        )
    for path in _program():
        out += ["--ro-bind", path, path]
    return [*out, "--chdir", "/"]


def _program() -> list[str]:
    """Where Python, its libraries and Sudare itself are, outside the system's own folders."""
    source = Path(__file__).resolve().parents[2]
    wanted = {sys.prefix, sys.base_prefix, str(source), *(path for path in sys.path if path.endswith("-packages"))}
    roots = sorted(path for path in wanted if not path.startswith("/usr/") and path != "/usr")
    return [root for root in roots if not any(root != other and root.startswith(other + "/") for other in roots)]
