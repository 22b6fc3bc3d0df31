"""A house a test."""

import pytest
from tests.support.gatehouse import House


@pytest.fixture
async def house(tmp_path, anyio_backend):
    made = House(tmp_path)
    await made.open()
    yield made
    await made.close()
