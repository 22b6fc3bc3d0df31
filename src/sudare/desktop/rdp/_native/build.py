"""Builds `sudare.desktop.rdp._native._rdp` (cffi, API mode) against FreeRDP 3 or 2, whichever pkg-config knows."""

import re
import subprocess
import sys
from pathlib import Path

from cffi import FFI  # type: ignore[import-untyped]

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[4]
SOURCES = ("session.c", "paint.c", "pointer.c", "input.c", "trust.c", "channels.c", "sound.c")
MISSING = """
sudare: no FreeRDP headers were found. Install them and build again:
    apt install freerdp2-dev pkg-config gcc      (Debian 12; on newer systems: freerdp3-dev)
"""


def packages() -> list[str]:
    """The pkg-config names of the FreeRDP that is installed; ends the build with advice when there is none."""
    for version in ("3", "2"):
        names = [f"freerdp{version}", f"freerdp-client{version}", f"winpr{version}", "libcrypto", "opus"]
        try:
            if subprocess.run(["pkg-config", "--exists", *names], check=False).returncode == 0:
                return names
        except FileNotFoundError:
            break
    sys.exit(MISSING)


def flags(kind: str, names: list[str]) -> list[str]:
    """What the compiler (`--cflags`) or the linker (`--libs`) must be told."""
    return subprocess.run(["pkg-config", kind, *names], check=True, capture_output=True, text=True).stdout.split()


def definition() -> str:
    """session.h as cffi reads it."""
    text = re.sub(r"/\*.*?\*/", "", (HERE / "session.h").read_text(), flags=re.DOTALL)
    return "\n".join(line for line in text.splitlines() if not line.startswith("#"))


def make() -> FFI:
    """The builder setuptools and `__main__` run."""
    names = packages()
    # FreeRDP's own headers are not warning-free: as system headers they do not break -Werror.
    include = [flag.replace("-I", "-isystem", 1) for flag in flags("--cflags", names)]
    builder = FFI()
    builder.cdef(definition())
    builder.set_source(
        "sudare.desktop.rdp._native._rdp",
        '#include "session.h"',
        sources=[str((HERE / name).relative_to(ROOT)) for name in SOURCES],
        depends=[str((HERE / name).relative_to(ROOT)) for name in ("session.h", "internal.h")],
        include_dirs=[str(HERE)],
        extra_compile_args=["-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", "-Wno-sign-compare",
                            "-Wno-missing-field-initializers", "-Wno-error=deprecated-declarations",
                            "-Wno-unused-parameter", *include],
        extra_link_args=flags("--libs", names),
    )  # fmt: skip
    return builder


ffi = make()
