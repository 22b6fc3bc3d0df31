"""A new installation."""

import stat

import pytest

from sudare.base.errors import SudareError
from sudare.entry.config import read_gateway
from sudare.entry.gateway_init import init, installation

pytestmark = pytest.mark.anyio


async def test_an_installation_is_made_once_and_prints_the_first_link(tmp_path):
    link = await init(tmp_path / "d", "https://localhost:8443", organisation="すだれ市", admin="admin")

    assert link.startswith("https://localhost:8443/welcome#")
    config = read_gateway(tmp_path / "d/gateway.toml")
    assert (config.url, config.listen) == ("https://localhost:8443", ("0.0.0.0", 8443))
    assert installation(config, "x").rp_id == "localhost"
    assert stat.S_IMODE((tmp_path / "d/gateway.toml").stat().st_mode) == 0o600
    with pytest.raises(SudareError, match=r"caller\.configuration"):
        await init(tmp_path / "d", "https://localhost:8443", organisation="", admin="admin")


async def test_an_address_that_is_not_https_is_refused_before_anything_is_written(tmp_path):
    with pytest.raises(SudareError, match=r"caller\.configuration"):
        await init(tmp_path / "d", "http://x", organisation="", admin="admin")

    assert not (tmp_path / "d").exists()
