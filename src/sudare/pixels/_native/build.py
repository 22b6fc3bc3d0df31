"""Builds the extension, alone or through setup.py. cffi lets the GIL go round each call."""

from pathlib import Path

from cffi import FFI  # type: ignore[import-untyped]

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[3]


def declarations() -> str:
    """What cffi shall know: the header without its preprocessor lines."""
    lines = (HERE / "pixels.h").read_text().splitlines()
    return "\n".join(line for line in lines if not line.startswith("#"))


ffi = FFI()
ffi.cdef(declarations())
ffi.set_source(
    "sudare.pixels._native._pixels",
    '#include "pixels.h"',
    sources=[str((HERE / name).relative_to(ROOT)) for name in ("pixels.c", "jpeg.c", "video.c", "av1.c", "h264.c")],
    depends=[str((HERE / "pixels.h").relative_to(ROOT))],
    libraries=["turbojpeg", "aom", "openh264"],  # Debian: libturbojpeg0-dev, libaom-dev, libopenh264-dev
    include_dirs=[str(HERE)],
    extra_compile_args=["-std=c11", "-O3", "-Wall", "-Wextra", "-Werror"],
)

if __name__ == "__main__":
    ffi.compile(tmpdir=str(HERE.parents[2]), verbose=True)
