"""The C extensions; everything else stands in pyproject.toml."""

from setuptools import setup

setup(
    cffi_modules=[
        "src/sudare/pixels/_native/build.py:ffi",
        "src/sudare/desktop/rdp/_native/build.py:ffi",
        "src/sudare/desktop/x11/_native/build.py:ffi",
    ]
)
