"""Builds `sudare.desktop.x11._native._x11` (cffi, API mode) against the xcb libraries that pkg-config knows."""

import re
import subprocess
import sys
from pathlib import Path

from cffi import FFI  # type: ignore[import-untyped]

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[4]
SOURCES = ("display.c", "picture.c", "cursor.c", "keyboard.c", "question.c", "screen.c")
PACKAGES = ("xcb", "xcb-shm", "xcb-damage", "xcb-xfixes", "xcb-xtest", "xcb-randr")
MISSING = """
sudare: the headers of xcb were not found. Install them and build again:
    apt install libxcb1-dev libxcb-shm0-dev libxcb-damage0-dev libxcb-xfixes0-dev libxcb-xtest0-dev \\
        libxcb-randr0-dev pkg-config gcc
"""


def flags(kind: str) -> list[str]:
    """What the compiler (`--cflags`) or the linker (`--libs`) must be told; ends the build with advice."""
    try:
        told = subprocess.run(["pkg-config", kind, *PACKAGES], check=True, capture_output=True, text=True)
    except (FileNotFoundError, subprocess.CalledProcessError):
        sys.exit(MISSING)
    return told.stdout.split()


def definition() -> str:
    """display.h as cffi reads it."""
    text = re.sub(r"/\*.*?\*/", "", (HERE / "display.h").read_text(), flags=re.DOTALL)
    return "\n".join(line for line in text.splitlines() if not line.startswith("#"))


def make() -> FFI:
    """The builder setuptools runs."""
    builder = FFI()
    builder.cdef(definition())
    builder.set_source(
        "sudare.desktop.x11._native._x11",
        '#include "display.h"',
        sources=[str((HERE / name).relative_to(ROOT)) for name in SOURCES],
        depends=[str((HERE / name).relative_to(ROOT)) for name in ("display.h", "internal.h")],
        include_dirs=[str(HERE)],
        extra_compile_args=["-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", "-Wno-unused-parameter",
                            "-Wno-missing-field-initializers", *flags("--cflags")],
        extra_link_args=flags("--libs"),
    )  # fmt: skip
    return builder


ffi = make()
