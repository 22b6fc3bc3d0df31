"""Administration over HTTP."""

import pytest
from tests.support.gatehouse import Browser

from sudare.gateway.ports import Catalogue, TargetOffer

pytestmark = pytest.mark.anyio


async def test_only_administrators_administer(house):
    browser = await house.person("hanako")

    for path in ("admin/people", "admin/connectors", "admin/targets"):
        assert (await browser.get(path)).json()["code"] == "denied.not-allowed"
        assert (await Browser(house).get(path)).json()["code"] == "denied.sign-in"


async def test_a_new_person_comes_in_by_the_link(house):
    admin = await house.person("admin", admin=True)

    made = await admin.post("admin/people", {"login": "Jiro", "name": "次郎", "yomi": "じろう"})

    assert made.status_code == 201
    assert (await Browser(house).welcome(made.json()["welcome_url"])).json()["person"]["login"] == "jiro"
    again = await admin.post("admin/people", {"login": "jiro", "name": "次郎"})
    assert again.json()["code"] == "caller.login-taken"
    assert [one["login"] for one in (await admin.get("admin/people")).json()] == ["jiro", "admin"]


async def test_a_new_link_for_a_lost_phone_signs_the_old_one_out_and_cuts_it_off(house):
    admin, hanako = await house.person("admin", admin=True), await house.person("hanako")
    person = (await hanako.get("session")).json()["person"]["id"]

    link = (await admin.post(f"admin/people/{person}/welcome")).json()["welcome_url"]

    assert (await hanako.get("session")).json() == {"signed_in": False}
    assert house.tunnels.cuts == [("person", person)]
    found = Browser(house)
    assert (await found.welcome(link)).json()["must_set_up"] is True
    assert (await found.set_password("あたらしい端末で決めなおした合い言葉")).status_code == 204


async def test_a_connector_is_added_listed_and_revoked(house):
    admin = await house.person("admin", admin=True)
    made = (await admin.post("admin/connectors", {"name": "支所"})).json()
    assert made["expires"] == house.now + 3600
    (listed,) = (await admin.get("admin/connectors")).json()
    assert (listed["id"], listed["joined"], listed["connected"]) == (made["id"], None, False)

    assert (await admin.call("DELETE", f"admin/connectors/{made['id']}")).status_code == 204

    assert house.tunnels.cuts == [("connector", made["id"])]
    assert (await admin.call("DELETE", f"admin/connectors/{made['id']}")).json()["code"] == "caller.not-found"


async def test_targets_are_given_to_people(house):
    admin = await house.person("admin", admin=True)
    connector = (await admin.post("admin/connectors", {"name": "支所"})).json()["id"]
    await house.directory.offers(connector, Catalogue("支所", b"", (TargetOffer("a", "vnc", "A"),)))
    me = (await admin.get("session")).json()["person"]["id"]
    (target,) = (await admin.get("admin/targets")).json()
    assert (target["id"], target["people"], target["offered"]) == (f"{connector}~a", [], True)

    done = await admin.call("PUT", f"admin/targets/{target['id']}/people", {"people": [me]})

    assert done.status_code == 204
    assert (await admin.get("admin/targets")).json()[0]["people"] == [me]
    wrong = await admin.call("PUT", f"admin/targets/{connector}/people", {"people": []})
    assert wrong.json()["code"] == "caller.not-found"
