"""Small values."""

import pytest

from sudare.store.settings import Settings

pytestmark = pytest.mark.anyio


async def test_a_setting_is_set_and_replaced(database):
    settings = Settings(database)
    assert await settings.get("main", "x") is None
    for value in ("1", "2"):
        await settings.put("main", "x", value)

    assert await settings.get("main", "x") == "2"
