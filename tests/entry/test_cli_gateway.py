"""Administration from the command line."""

import asyncio
import datetime as dt
import json

import pytest
from tests.support.rows import used

from sudare.base.errors import SudareError
from sudare.domain.places import Offer
from sudare.domain.sessionlag import usable
from sudare.entry.cli_gateway import app
from sudare.entry.cli_sessions import ZONE
from sudare.entry.config import read_gateway
from sudare.entry.gateway_store import repositories
from sudare.store.database import Database


@pytest.fixture
def run(tmp_path, capsys):
    def act(*words):
        app([*words, "--dir", str(tmp_path)], result_action="return_value")
        return capsys.readouterr().out.strip()

    act("init", "--name", "https://localhost:8443", "--organisation", "すだれ市")
    return act


def offer(directory):
    async def act():
        database = Database(read_gateway(directory / "gateway.toml").database)
        connectors = repositories(database).connectors
        (one,) = await connectors.all("main")
        await connectors.offers(one.id, "本庁舎", b"", [Offer("pc-1", "vnc", "企画-0123")])
        await database.close()

    asyncio.run(act())


def test_people_are_added_listed_and_welcomed_again(run):
    first = run("person", "add", "hanako", "花子", "--yomi", "はなこ")
    again = run("person", "welcome", "hanako")

    assert first != again
    assert all(link.startswith("https://localhost:8443/welcome#") for link in (first, again))
    listed = {line.split("\t")[1] for line in run("person", "list").splitlines()}
    assert listed == {"admin", "hanako"}


def test_a_target_is_granted_and_taken_back(run, tmp_path):
    token = run("connector", "add", "本庁")
    offer(tmp_path)
    assert len(token) == 43

    run("grant", "admin", "企画-0123")
    assert run("target", "list").endswith("\t1")
    run("ungrant", "admin", "pc-1")
    assert run("target", "list").endswith("\t0")


def test_a_target_is_recorded_and_no_longer(run, tmp_path):
    run("connector", "add", "本庁")
    offer(tmp_path)

    run("target", "record", "企画-0123", "on")
    assert run("target", "list").split("\t")[3] == "recorded"
    run("target", "record", "pc-1", "off")
    assert run("target", "list").split("\t")[3] == ""


def test_a_target_is_marked_and_no_longer(run, tmp_path):
    run("connector", "add", "本庁")
    offer(tmp_path)

    run("target", "mark", "企画-0123", "on")
    assert run("target", "list").split("\t")[3:] == ["", "marked", "", "0"]
    run("target", "mark", "pc-1", "off")
    assert run("target", "list").split("\t")[3:] == ["", "", "", "0"]


def test_a_target_is_heard_and_no_longer(run, tmp_path):
    run("connector", "add", "本庁")
    offer(tmp_path)

    run("target", "sound", "企画-0123", "on")
    assert run("target", "list").split("\t")[3:] == ["", "", "heard", "0"]
    run("target", "sound", "pc-1", "off")
    assert run("target", "list").split("\t")[3:] == ["", "", "", "0"]


def test_a_connector_is_revoked(run):
    run("connector", "add", "本庁")
    connector_id = run("connector", "list").split("\t")[0]

    run("connector", "revoke", connector_id)

    assert run("connector", "list").endswith("revoked")


def test_unknown_names_are_said_to_be_so(run):
    with pytest.raises(SudareError, match=r"caller\.not-found"):
        run("person", "welcome", "nobody")


def test_sessions_are_listed_with_their_lag_for_people_and_for_programs(run, tmp_path):
    began = dt.datetime(2026, 11, 24, 9, 5, tzinfo=ZONE).timestamp()
    lag = usable("s1", 7, ((300, 520), (9, 20), (250, 400), (1, 2), (2, 9), (18, 44)))

    async def act():
        database = Database(read_gateway(tmp_path / "gateway.toml").database)
        stores = repositories(database)
        await used(stores, "s1", began)
        await stores.lags.put("k1", [lag], began)
        await database.close()

    asyncio.run(act())

    head, line = run("sessions", "--since", "2026-11-24", "--until", "2026-11-24").splitlines()
    assert dict(zip(head.split("\t"), line.split("\t"), strict=True)) == {
        "began": "2026-11-24 09:05", "login": "user1", "target": "企画-0123", "keys": "7", "cause": "line",
        "total": "300/520", "device": "9/20", "line": "250/400", "gateway": "1/2", "connector": "2/9",
        "office": "18/44",
    }  # fmt: skip
    told = json.loads(run("sessions", "--since", "2026-11-24", "--until", "2026-11-24", "--json"))
    assert (told["session"], told["cause"], told["line_ms"]) == ("s1", "line", {"p50": 250, "p95": 400})
    assert run("sessions", "--since", "2026-11-25", "--until", "2026-11-25", "--json") == ""
