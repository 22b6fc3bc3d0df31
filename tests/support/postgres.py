"""A private PostgreSQL cluster from Debian's binaries, on a unix socket in a directory of its own."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def binaries() -> Path | None:
    """Where Debian put them; None when PostgreSQL is not installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].parent if found else None


@contextmanager
def cluster() -> Iterator[str]:
    """A running server's SQLAlchemy URL; the server and all its data are gone afterwards."""
    programs = binaries()
    assert programs is not None, "PostgreSQL is not installed"
    directory = Path(tempfile.mkdtemp(prefix="sudare-pg-"))
    owner = "postgres" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
    if os.geteuid() == 0:
        shutil.chown(directory, owner)
    data = directory / "data"

    def act(*command: object) -> None:
        words = [str(word) for word in command]
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root
            words = ["runuser", "-u", owner, "--", *words]
        subprocess.run(words, check=True, capture_output=True, cwd="/")

    try:
        act(programs / "initdb", "-D", data, "-A", "trust", "-U", "sudare", "-E", "UTF8", "--no-locale", "-N")
        options = f"-k {directory} -c listen_addresses='' -c fsync=off"
        act(programs / "pg_ctl", "-D", data, "-w", "-l", directory / "log", "-o", options, "start")
        try:
            yield f"postgresql+psycopg://sudare@/postgres?host={directory}"
        finally:
            act(programs / "pg_ctl", "-D", data, "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(directory, ignore_errors=True)
