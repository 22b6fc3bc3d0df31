"""The person's own ways of signing in."""

import pyotp
import pytest
from tests.support.authenticator import Authenticator
from tests.support.gatehouse import ORIGIN, PASSWORD

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("十四文字では短すぎるのです", "caller.password-too-short"),
        ("passwordpassword", "caller.password-too-common"),
        ("123456789012345", "caller.password-too-common"),
        ("すだれ市すだれ市すだれ市すだれ市", "caller.password-too-common"),
        ("a" * 1025, "caller.too-large"),
    ],
)
async def test_a_password_is_judged_by_length_and_list_only(house, password, code):
    browser = await house.person("hanako", password=False)

    assert (await browser.set_password(password)).json()["code"] == code


async def test_eight_characters_do_beside_a_totp_which_then_cannot_go(house):
    browser = await house.person("hanako")
    await browser.add_totp()

    answer = await browser.post("me/password", {"password": "縁側の猫と朝顔", "current": PASSWORD})
    assert answer.json()["code"] == "caller.password-too-short"
    answer = await browser.post("me/password", {"password": "縁側の猫と朝顔よ", "current": PASSWORD})
    assert answer.status_code == 204

    totp = next(c for c in (await browser.get("me/credentials")).json() if c["kind"] == "totp")
    refused = await browser.call("DELETE", f"me/credentials/{totp['id']}")
    assert refused.json()["code"] == "caller.password-too-short"


async def test_changing_a_password_takes_the_present_one(house):
    browser = await house.person("hanako")

    for current in (None, "ちがう"):
        answer = await browser.post("me/password", {"password": PASSWORD + "!", "current": current})
        assert answer.json()["code"] == "denied.credentials"


async def test_the_list_shows_kinds_and_never_data(house):
    browser = await house.person("hanako")
    house.now += 1
    await browser.add_passkey(Authenticator(ORIGIN))

    listed = (await browser.get("me/credentials")).json()

    assert [one["kind"] for one in listed] == ["password", "passkey"]
    assert all(set(one) == {"id", "kind", "name", "created", "used"} for one in listed)


async def test_the_last_way_in_cannot_be_removed(house):
    browser = await house.person("hanako")
    only = (await browser.get("me/credentials")).json()[0]["id"]
    assert (await browser.call("DELETE", f"me/credentials/{only}")).json()["code"] == "caller.last-credential"

    await browser.add_passkey(Authenticator(ORIGIN))

    assert (await browser.call("DELETE", f"me/credentials/{only}")).status_code == 204


async def test_nobody_finishes_anothers_ceremony(house):
    hanako, jiro = await house.person("hanako"), await house.person("jiro")
    begun = (await hanako.post("me/totp/options")).json()

    code = pyotp.TOTP(begun["secret"]).at(int(house.now))
    answer = await jiro.post("me/totp", {"flow": begun["flow"], "code": code})

    assert answer.json()["code"] == "denied.credentials"


async def test_nobody_removes_anothers_credential(house):
    hanako, jiro = await house.person("hanako"), await house.person("jiro")
    theirs = (await hanako.get("me/credentials")).json()[0]["id"]

    assert (await jiro.call("DELETE", f"me/credentials/{theirs}")).json()["code"] == "caller.not-found"
