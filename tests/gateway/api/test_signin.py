"""Signing in."""

import logging

import pyotp
import pytest
from tests.support.authenticator import PRESENT, Authenticator
from tests.support.gatehouse import ORIGIN, PASSWORD, Browser

from sudare.domain import lockout
from sudare.domain.audit import first_broken
from sudare.gateway.signin.cookies import account_mark

pytestmark = pytest.mark.anyio


async def test_a_password_signs_in_whatever_the_width_and_case_of_the_login(house):
    await house.person("hanako")

    answer = await Browser(house).sign_in("\uff28ANA\uff2bO")

    assert answer.json()["person"]["login"] == "hanako"


async def test_a_wrong_password_and_an_unknown_login_get_the_same_answer(house):
    await house.person("hanako")

    wrong = await Browser(house).sign_in("hanako", "これはちがうパスワードです十五字")
    unknown = await Browser(house).sign_in("nobody", "これはちがうパスワードです十五字")

    assert (wrong.status_code, wrong.json()) == (unknown.status_code, unknown.json())
    assert wrong.json()["code"] == "denied.credentials"


async def test_an_unknown_login_is_verified_too(house, monkeypatch):
    seen = []
    verify = house.context.passwords._verify
    monkeypatch.setattr(house.context.passwords, "_verify", lambda *a: seen.append(a) or verify(*a))

    await Browser(house).sign_in("nobody")

    assert len(seen) == 1


async def test_with_totp_a_password_is_only_half(house):
    browser = await house.person("hanako")
    secret = await browser.add_totp()
    house.now += 60
    other = Browser(house)

    half = (await other.sign_in("hanako")).json()

    assert half["need"] == "totp"
    assert (await other.get("targets")).status_code == 401
    code = pyotp.TOTP(secret).at(int(house.now))
    whole = await other.post("signin/totp", {"flow": half["flow"], "code": code})
    assert whole.json()["signed_in"] is True


async def test_a_totp_code_is_good_once(house):
    browser = await house.person("hanako")
    secret = await browser.add_totp()
    house.now += 60
    code = pyotp.TOTP(secret).at(int(house.now))
    for expected in (200, 401):
        other = Browser(house)
        half = (await other.sign_in("hanako")).json()
        assert (await other.post("signin/totp", {"flow": half["flow"], "code": code})).status_code == expected


async def test_the_code_that_proved_the_authenticator_does_not_sign_in(house):
    browser = await house.person("hanako")
    secret = await browser.add_totp()
    other = Browser(house)
    half = (await other.sign_in("hanako")).json()

    answer = await other.post("signin/totp", {"flow": half["flow"], "code": pyotp.TOTP(secret).at(int(house.now))})

    assert answer.json()["code"] == "denied.credentials"


async def test_a_passkey_signs_in_without_a_login(house):
    phone = Authenticator(ORIGIN)
    browser = await house.person("hanako", password=False)
    assert (await browser.add_passkey(phone)).status_code == 201

    answer = await Browser(house).passkey(phone)

    assert answer.json()["person"]["login"] == "hanako"
    assert answer.json()["has_passkey"] is True


async def test_an_assertion_cannot_be_sent_twice(house):
    phone = Authenticator(ORIGIN)
    await (await house.person("hanako")).add_passkey(phone)
    browser = Browser(house)
    begun = (await browser.post("signin/passkey/options")).json()
    sent = {"flow": begun["flow"], "credential": phone.get(begun["options"])}
    assert (await browser.post("signin/passkey", sent)).status_code == 200

    assert (await Browser(house).post("signin/passkey", sent)).json()["code"] == "denied.credentials"


async def test_a_cloned_authenticator_is_noticed_by_its_counter(house):
    phone = Authenticator(ORIGIN)
    await (await house.person("hanako")).add_passkey(phone)
    await Browser(house).passkey(phone)
    phone.keys["telework.example.lg.jp"].counter = 0

    assert (await Browser(house).passkey(phone)).json()["code"] == "denied.credentials"


@pytest.mark.parametrize("phone", [Authenticator("https://evil.example"), Authenticator(ORIGIN, flags=PRESENT)])
async def test_a_passkey_from_elsewhere_or_without_the_person_verified_is_refused(house, phone):
    honest = Authenticator(ORIGIN)
    browser = await house.person("hanako")
    await browser.add_passkey(honest)
    phone.keys = dict(honest.keys)

    assert (await Browser(house).passkey(phone)).json()["code"] == "denied.credentials"


async def test_rubbish_in_place_of_a_credential_is_refused_calmly(house):
    begun = (await Browser(house).post("signin/passkey/options")).json()
    phone = Authenticator(ORIGIN)
    await (await house.person("hanako")).add_passkey(phone)
    known = phone.get(begun["options"])["id"]
    for credential in ({}, {"id": 5}, {"id": known}, {"id": known, "response": {}}, {"id": known, "response": []}):
        sent = {"flow": begun["flow"], "credential": credential}
        assert (await Browser(house).post("signin/passkey", sent)).status_code == 401


async def test_guessing_is_slowed_down_and_a_known_browser_is_not(house):
    known = await house.person("hanako")
    await known.sign_in("hanako")
    stranger = Browser(house, "198.51.100.9")
    for _ in range(6):
        await stranger.sign_in("hanako", "まちがいのパスワードを入れてみる")

    refused = await stranger.sign_in("hanako")

    assert refused.json()["code"] == "busy.rate"
    assert int(refused.headers["retry-after"]) == refused.json()["retry_s"] >= 1
    assert (await known.sign_in("hanako")).status_code == 200


async def test_a_storm_from_many_networks_locks_out_neither_passkey_nor_known_browser(house):
    phone = Authenticator(ORIGIN)
    known = await house.person("hanako")
    await known.add_passkey(phone)
    await known.sign_in("hanako")
    for n in range(50):  # charged as the handler does, without Argon2's cost
        keys = lockout.keys(account_mark("hanako"), f"198.51.100.{n}", None)
        await house.stores.attempts.charge("main", keys, house.now)

    assert (await Browser(house, "192.0.2.1").sign_in("hanako")).json()["code"] == "busy.rate"
    assert (await known.sign_in("hanako")).status_code == 200
    assert (await Browser(house, "192.0.2.2").passkey(phone)).status_code == 200


async def test_no_secret_reaches_log_or_record(house, capfd, caplog):
    caplog.set_level(logging.DEBUG)
    phone = Authenticator(ORIGIN)
    browser = await house.person("hanako")
    secret = await browser.add_totp()
    await browser.add_passkey(phone)
    house.now += 60
    other = Browser(house)
    half = (await other.sign_in("hanako")).json()
    await other.sign_in("hanako", "canary-wrong-password")
    await other.post("signin/totp", {"flow": half["flow"], "code": pyotp.TOTP(secret).at(int(house.now))})

    out = capfd.readouterr()
    record = await house.stores.record.entries()
    told = out.out + out.err + caplog.text + repr(record)
    canaries = [PASSWORD, "canary", secret, half["flow"], other.csrf, *other.http.cookies.values()]
    assert "request" in told
    assert [canary for canary in canaries if canary in told] == []
    assert first_broken(record) is None
