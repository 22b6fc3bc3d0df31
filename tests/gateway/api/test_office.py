"""What a person can reach, and the tickets to it."""

import base64
import hashlib
import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from sudare.domain.audit import Kind
from sudare.gateway.ports import Catalogue, TargetOffer

pytestmark = pytest.mark.anyio
CNF = base64.urlsafe_b64encode(hashlib.sha256(b"key").digest()).decode().rstrip("=")
SEALED = base64.urlsafe_b64encode(bytes(120)).decode()
POINT = b"\x04" + bytes(64)


def unbase64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


async def office(house, *logins, kind="vnc"):
    """A connector with one PC, given to these people."""
    connector, _, _ = await house.desk.add_connector("本庁", house.now)
    await house.stores.connectors.joined(
        connector.id, "本庁", POINT, serial="aa", expires=house.now + 99_999, now=house.now
    )
    targets = (
        TargetOffer("pc-1", kind, "企画-0123"),
        TargetOffer("api", "api", "予定"),
        TargetOffer("../x", "vnc", "x"),
    )
    await house.directory.offers(connector.id, Catalogue("本庁舎", POINT, targets))
    people = [(await house.stores.people.by_login("main", login)).id for login in logins]
    await house.desk.set_people(f"{connector.id}~pc-1", people, house.now)
    house.tunnels.up.add(connector.id)
    return connector.id


async def test_sites_and_targets_are_what_the_connector_offers_and_the_person_was_given(house):
    hanako, jiro = await house.person("hanako"), await house.person("jiro")
    connector = await office(house, "hanako")

    (site,) = (await hanako.get("sites")).json()
    (target,) = (await hanako.get("targets")).json()

    assert (site["id"], site["name"], site["connected"], site["schedule"]) == (connector, "本庁舎", True, True)
    assert (target["id"], target["name"], target["kind"]) == (f"{connector}~pc-1", "企画-0123", "vnc")
    assert (target["secret"], target["last_used"]) == (False, None)
    assert unbase64(target["seal_key"]) == POINT
    assert (await jiro.get("targets")).json() == []


async def test_the_session_tells_them_too_where_it_begins_and_where_it_is_asked_for(house):
    hanako, jiro = await house.person("hanako"), await house.person("jiro")
    await office(house, "hanako")

    for told in ((await hanako.sign_in("hanako")).json(), (await hanako.get("session")).json()):
        assert told["sites"] == (await hanako.get("sites")).json() != []
        assert told["targets"] == (await hanako.get("targets")).json() != []
    assert (await jiro.get("session")).json()["targets"] == []


async def test_a_ticket_demands_a_recording_only_where_the_target_says_so(house):
    hanako = await house.person("hanako")
    connector = await office(house, "hanako")

    async def rights(kind, target):
        answer = (await hanako.post("streams", {"kind": kind, "target": target, "cnf": CNF})).json()
        return json.loads(unbase64(answer["ticket"].split(".")[0]))["rgt"]

    assert await rights("screen", f"{connector}~pc-1") == {"input": True}
    await house.desk.set_record(f"{connector}~pc-1", house.now, record=True)
    assert await rights("screen", f"{connector}~pc-1") == {"input": True, "record": True}
    assert await rights("api", connector) == {}
    opened = [entry.event for entry in await house.stores.record.entries() if entry.event.kind is Kind.STREAM_OPENED]
    assert [event.detail.get("record") for event in opened] == [None, "true", None]


async def test_a_ticket_demands_a_watermark_only_where_the_target_says_so(house):
    hanako = await house.person("hanako")
    connector = await office(house, "hanako")

    async def rights(kind, target):
        answer = (await hanako.post("streams", {"kind": kind, "target": target, "cnf": CNF})).json()
        return json.loads(unbase64(answer["ticket"].split(".")[0]))["rgt"]

    await house.desk.set_watermark(f"{connector}~pc-1", house.now, watermark=True)
    assert await rights("screen", f"{connector}~pc-1") == {"input": True, "watermark": True}
    assert await rights("api", connector) == {}
    await house.desk.set_record(f"{connector}~pc-1", house.now, record=True)
    assert await rights("screen", f"{connector}~pc-1") == {"input": True, "record": True, "watermark": True}
    opened = [entry.event for entry in await house.stores.record.entries() if entry.event.kind is Kind.STREAM_OPENED]
    assert [event.detail.get("watermark") for event in opened] == ["true", None, "true"]


async def test_a_ticket_allows_sound_only_where_the_target_says_so(house):
    hanako = await house.person("hanako")
    connector = await office(house, "hanako")

    async def rights():
        answer = (await hanako.post("streams", {"kind": "screen", "target": f"{connector}~pc-1", "cnf": CNF})).json()
        return json.loads(unbase64(answer["ticket"].split(".")[0]))["rgt"]

    before = await rights()
    await house.desk.set_sound(f"{connector}~pc-1", house.now, sound=True)

    assert before == {"input": True}
    assert await rights() == {"input": True, "audio": True}


async def test_a_ticket_says_who_may_open_what_and_is_signed(house):
    hanako = await house.person("hanako")
    connector = await office(house, "hanako")

    answer = (await hanako.post("streams", {"kind": "screen", "target": f"{connector}~pc-1", "cnf": CNF})).json()

    payload, signature = (unbase64(part) for part in answer["ticket"].split("."))
    Ed25519PublicKey.from_public_bytes(house.tickets.public).verify(signature, b"sudare-ticket-1\0" + payload)
    claims = json.loads(payload)
    person = (await hanako.get("session")).json()["person"]["id"]
    assert claims | {"jti": "", "kid": ""} == {
        "kid": "",
        "jti": "",
        "iat": int(house.now),
        "exp": int(house.now) + 60,
        "con": connector,
        "tgt": "pc-1",
        "knd": "screen",
        "ten": "main",
        "per": person,
        "acc": "hanako",
        "nam": "hanako 太郎",
        "dev": "",
        "ses": answer["session"],
        "rgt": {"input": True},
        "cnf": CNF,
    }
    assert answer["bind"] == {"tenant": "main", "person": person, "target": "pc-1"}
    assert "secret" not in answer


async def test_a_schedule_stream_is_asked_for_by_office(house):
    hanako = await house.person("hanako")
    connector = await office(house)

    answer = await hanako.post("streams", {"kind": "api", "target": connector, "cnf": CNF})

    assert answer.json()["bind"]["target"] == "api"
    assert json.loads(unbase64(answer.json()["ticket"].split(".")[0]))["rgt"] == {}
    wrong = await hanako.post("streams", {"kind": "screen", "target": connector, "cnf": CNF})
    assert wrong.json()["code"] == "caller.not-found"


async def test_what_was_not_given_is_refused_and_what_is_away_is_said_so(house):
    hanako, jiro = await house.person("hanako"), await house.person("jiro")
    connector = await office(house, "hanako")
    ask = {"kind": "screen", "target": f"{connector}~pc-1", "cnf": CNF}

    assert (await jiro.post("streams", ask)).json()["code"] == "denied.not-allowed"
    assert (await hanako.post("streams", ask | {"cnf": "short"})).json()["code"] == "caller.malformed"
    house.tunnels.up.clear()
    assert (await hanako.post("streams", ask)).json()["code"] == "office.connector-away"


async def test_a_session_is_resumed_by_its_person_on_its_target_only(house):
    hanako, jiro = await house.person("hanako"), await house.person("jiro")
    connector = await office(house, "hanako", "jiro")
    ask = {"kind": "screen", "target": f"{connector}~pc-1", "cnf": CNF}
    session = (await hanako.post("streams", ask)).json()["session"]

    assert (await hanako.post("streams", ask | {"session": session})).json()["session"] == session
    for browser, body in ((jiro, ask), (hanako, {"kind": "api", "target": connector, "cnf": CNF})):
        assert (await browser.post("streams", body | {"session": session})).json()["code"] == "denied.not-allowed"


async def test_signing_out_cuts_the_streams_of_this_browser(house):
    hanako = await house.person("hanako")
    connector = await office(house, "hanako")
    ask = {"kind": "screen", "target": f"{connector}~pc-1", "cnf": CNF}
    session = (await hanako.post("streams", ask)).json()["session"]

    await hanako.post("signout")

    assert house.tunnels.cuts == [("session", session)]


async def test_a_sealed_secret_comes_with_the_ticket(house):
    hanako, jiro = await house.person("hanako"), await house.person("jiro")
    target = f"{await office(house, 'hanako')}~pc-1"
    assert (await hanako.get(f"secrets/{target}")).json()["code"] == "caller.not-found"

    put = await hanako.call("PUT", f"secrets/{target}", {"account": "hanako", "sealed": SEALED})

    assert put.status_code == 204
    assert (await hanako.get(f"secrets/{target}")).json() == {"account": "hanako", "sealed": SEALED}
    opened = await hanako.post("streams", {"kind": "screen", "target": target, "cnf": CNF})
    assert opened.json()["secret"]["sealed"] == SEALED
    assert (await jiro.get(f"secrets/{target}")).json()["code"] == "denied.not-allowed"
    assert (await hanako.call("DELETE", f"secrets/{target}")).status_code == 204
    assert (await hanako.get("targets")).json()[0]["secret"] is False


@pytest.mark.parametrize("of", ["~pc-1", ""])
async def test_a_vnc_pc_and_a_schedule_need_no_account(house, of):
    hanako = await house.person("hanako")
    target = await office(house, "hanako", kind="vnc") + of

    put = await hanako.call("PUT", f"secrets/{target}", {"account": "", "sealed": SEALED})

    assert put.status_code == 204
    assert (await hanako.get(f"secrets/{target}")).json() == {"account": "", "sealed": SEALED}


@pytest.mark.parametrize("account", ["", "  ", "a\0b", "あ" * 129])
async def test_an_rdp_pc_needs_an_account_that_can_be_one(house, account):
    hanako = await house.person("hanako")
    target = f"{await office(house, 'hanako', kind='rdp')}~pc-1"

    put = await hanako.call("PUT", f"secrets/{target}", {"account": account, "sealed": SEALED})

    assert put.json()["code"] == "caller.malformed"
    assert (await hanako.get("targets")).json()[0]["secret"] is False


@pytest.mark.parametrize("sealed", ["", "!!!", "AAAA", "A" * 8000])
async def test_what_cannot_be_a_sealed_secret_is_refused(house, sealed):
    hanako = await house.person("hanako")
    target = f"{await office(house, 'hanako')}~pc-1"

    answer = await hanako.call("PUT", f"secrets/{target}", {"account": "hanako", "sealed": sealed})

    assert answer.json()["code"] == "caller.malformed"


async def test_opening_is_recorded(house):
    hanako = await house.person("hanako")
    target = f"{await office(house, 'hanako')}~pc-1"
    await hanako.post("streams", {"kind": "screen", "target": target, "cnf": CNF})

    last = (await house.stores.record.entries())[-1].event

    assert (last.kind.value, last.detail["target"], last.network) == ("session:stream:opened", target, "203.0.113.7")


@pytest.mark.parametrize("code", ["denied.sign-in", "denied.not-allowed"])
async def test_a_ticket_asked_for_while_the_right_to_it_goes_is_not_given(house, monkeypatch, code):
    """Whatever happens between the checks and the ticket: nothing would end its stream any more."""
    hanako = await house.person("hanako")
    connector = await office(house, "hanako")
    opened = house.stores.sessions.opened

    async def after_it_is_gone(*session):
        if code == "denied.sign-in":
            assert (await hanako.post("signout")).status_code == 204
        else:
            await house.desk.set_people(f"{connector}~pc-1", [], house.now)
        return await opened(*session)

    monkeypatch.setattr(house.stores.sessions, "opened", after_it_is_gone)

    answer = await hanako.post("streams", {"kind": "screen", "target": f"{connector}~pc-1", "cnf": CNF})

    assert answer.json()["code"] == code
    assert "ticket" not in answer.json()
