"""How a browser's session begins, lives and ends."""

import pytest
from tests.support.gatehouse import Browser

pytestmark = pytest.mark.anyio


async def test_a_stranger_is_told_that_nobody_is_signed_in(house):
    answer = await Browser(house).get("session")

    assert answer.json() == {"signed_in": False}
    assert answer.headers["cache-control"] == "no-store"


async def test_a_welcome_link_works_once_and_opens_only_the_setting_up(house):
    _, link = await house.desk.add_person("hanako", "花子", "はなこ", house.now, admin=False)
    browser = Browser(house)

    first = await browser.welcome(link)

    assert first.json()["must_set_up"] is True
    assert not {"sites", "targets"} & {*first.json(), *(await browser.get("session")).json()}
    assert (await browser.get("targets")).json()["code"] == "denied.not-allowed"
    assert (await Browser(house).welcome(link)).json()["code"] == "denied.invitation"
    assert (await browser.set_password()).status_code == 204
    assert (await browser.get("targets")).json() == []


async def test_a_welcome_link_ends_after_a_day(house):
    _, link = await house.desk.add_person("hanako", "花子", "", house.now, admin=False)
    house.now += 86_401

    assert (await Browser(house).welcome(link)).json()["code"] == "denied.invitation"


async def test_the_session_cookie_is_host_only_and_new_at_every_sign_in(house):
    browser = await house.person("hanako")
    before = browser.http.cookies["__Host-sudare"]

    answer = await browser.sign_in("hanako")

    cookie = next(c for c in answer.headers.get_list("set-cookie") if c.startswith("__Host-sudare="))
    assert all(flag in cookie for flag in ("Secure", "HttpOnly", "SameSite=Strict", "Path=/"))
    assert browser.http.cookies["__Host-sudare"] != before
    browser.http.cookies.set("__Host-sudare", before, domain="telework.example.lg.jp")
    assert (await browser.get("targets")).status_code == 401


async def test_a_session_ends_when_idle_unless_the_person_says_they_are_here(house):
    browser = await house.person("hanako")
    house.now += 1700
    await browser.post("session/extend")
    house.now += 1700
    assert (await browser.get("targets")).status_code == 200

    house.now += 101

    assert (await browser.get("targets")).json()["code"] == "denied.sign-in"


async def test_nothing_moves_the_absolute_limit(house):
    browser = await house.person("hanako")
    for _ in range(27):
        house.now += 1600
        await browser.post("session/extend")

    assert (await browser.get("session")).json() == {"signed_in": False}


async def test_reading_does_not_count_as_being_here(house):
    browser = await house.person("hanako")
    before = (await browser.get("session")).json()["idle_until"]
    house.now += 60

    await browser.get("targets")

    assert (await browser.get("session")).json()["idle_until"] == before


async def test_signing_out_ends_the_session_and_clears_what_was_kept(house):
    browser = await house.person("hanako")

    answer = await browser.post("signout")

    assert answer.status_code == 204
    assert '"storage"' in answer.headers["clear-site-data"]
    assert (await browser.get("session")).json() == {"signed_in": False}
