import importlib
import sys

import pytest

from sudare.pixels import tiles, twin


def test_the_twin_is_taken_where_the_extension_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "sudare.pixels.native", None)

    try:
        found = importlib.reload(tiles)
        assert not found.NATIVE
        assert all(getattr(found, name) is getattr(twin, name) for name in found.__all__ if name != "NATIVE")
    finally:
        monkeypatch.undo()
        importlib.reload(tiles)


def test_both_engines_offer_every_function():
    native = pytest.importorskip("sudare.pixels.native", reason="the extension was not built", exc_type=ImportError)

    for name in set(tiles.__all__) - {"NATIVE"}:
        assert getattr(native, name).__doc__ == getattr(twin, name).__doc__
