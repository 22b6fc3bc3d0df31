"""The connector as it is run: joined to a whole gateway, in this process and in its own."""

import asyncio
import os
import sys
from pathlib import Path

import pytest
from tests.support.browser import Ephemeral
from tests.support.byhand import rest
from tests.support.house import close_frame_of
from tests.support.installation import installed

from sudare.base.errors import SudareError
from sudare.base.secret import Secret
from sudare.entry import connector as entry
from sudare.entry import connector_config
from sudare.runtime import clock

pytestmark = pytest.mark.anyio
SOURCE = Path(__file__).parents[2] / "src"
DESK = '\n[schedule]\nurl = "https://groupware.example/"\n'


@pytest.fixture
async def there(tmp_path, anyio_backend):
    async with installed(tmp_path / "gateway") as made:
        made.office = tmp_path / "office"
        yield made


async def joined(there, name="本庁"):
    """The id of a connector that has joined; its folder is `there.office`."""
    connector, token, _ = await there.desk.add_connector("office", clock.now())
    there.office.mkdir(exist_ok=True)
    await entry.join(there.url, Secret(token), there.office, name=name, pin=there.pin)
    return connector.id


@pytest.mark.parametrize("name", ["本庁", 'Dr. "No"', "a\\b", "{gateway}", "it's"])
async def test_joining_writes_a_configuration_that_can_be_read(there, name):
    await joined(there, name)

    config = connector_config.load(there.office / entry.CONFIG)

    assert (config.gateway, config.name) == (there.url, name)
    assert (config.targets, config.schedule, config.worker.sandbox) == ((), None, "bubblewrap")


async def test_joining_again_leaves_the_configuration_as_it_is(there):
    there.office.mkdir()
    (there.office / entry.CONFIG).write_text("mine")

    await joined(there)

    assert (there.office / entry.CONFIG).read_text() == "mine"


async def test_an_untrusted_gateways_key_is_shown_to_be_compared(there):
    _, token, _ = await there.desk.add_connector("office", clock.now())

    with pytest.raises(SudareError) as refused:
        await entry.join(there.url, Secret(token), there.office, name="本庁")

    assert refused.value.code == "denied.connector-proof"
    assert refused.value.detail.count(there.pin) == 2
    assert "--accept-fingerprint" in refused.value.detail


async def test_a_wrong_pin_is_not_answered_with_the_right_one_to_accept(there):
    with pytest.raises(SudareError) as refused:
        await entry.join(there.url, Secret("x"), there.office, name="本庁", pin="00" * 32)

    assert "--accept-fingerprint" not in refused.value.detail


async def test_it_connects_offers_and_leaves(there):
    connector = await joined(there)
    with (there.office / entry.CONFIG).open("a") as file:
        file.write(DESK + '[[target]]\nid = "pc"\nname = "企画"\nkind = "vnc"\nhost = "127.0.0.1"\n')
    running = asyncio.ensure_future(entry.run(there.office))
    await there.until(lambda: there.edge.connected(connector))
    offered = []
    async with asyncio.timeout(30):
        while not offered:
            offered = await there.gateway.stores.targets.all("main")

    running.cancel()
    await asyncio.wait([running])

    assert [(one.id, one.kind, one.name) for one in offered] == [(f"{connector}~pc", "vnc", "企画")]
    await there.until(lambda: not there.edge.connected(connector))


async def test_what_has_not_joined_does_not_run(tmp_path):
    (tmp_path / entry.CONFIG).write_text('[connector]\ngateway = "https://g.example"\nname = "x"\n')

    with pytest.raises(SudareError) as refused:
        await entry.run(tmp_path)

    assert refused.value.code == "denied.connector-proof"


async def test_a_connector_that_was_killed_is_away_and_back_when_it_is_started_again(there):
    connector = await joined(there)
    with (there.office / entry.CONFIG).open("a") as file:
        file.write(DESK)

    async def start():
        made = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "sudare.entry.cli", "connector", "run", "--dir", str(there.office),
            env=os.environ | {"PYTHONPATH": str(SOURCE)}, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        await there.until(lambda: there.edge.connected(connector))
        return made

    process = await start()
    reader, _ = await there.device(there.ticket(connector, "api", Ephemeral()))
    await there.until(lambda: there.edge.streams() == 1)

    process.kill()
    await process.wait()

    assert await asyncio.wait_for(rest(reader), 30) == b""
    await there.until(lambda: not there.edge.connected(connector))
    reader, _ = await there.device(there.ticket(connector, "api", Ephemeral()))
    assert await close_frame_of(reader) == (4502, "office.connector-away")
    again = await start()
    await there.device(there.ticket(connector, "api", Ephemeral()))
    await there.until(lambda: there.edge.streams() == 1)
    again.kill()
    await again.wait()
