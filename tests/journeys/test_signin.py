"""Ways in and out: the one-use link, a passkey (Chromium's virtual authenticator), password and code, signing out."""

import re

import pyotp
import pytest


@pytest.fixture
def newcomer(town, request):
    """A person who was just added, with a login of their own: (login, link)."""
    login = "shin-" + re.sub(r"[^a-z]+", "-", request.node.name)[-24:].strip("-")
    admin = town.sudare.browser("admin")
    asked = {"login": login, "name": "新人 太郎", "yomi": "しんじん たろう", "admin": False}
    made = admin.call("POST", "admin/people", asked)
    return login, made["welcome_url"]


@pytest.fixture
def authenticator(person):
    """A platform authenticator with a fingerprint that always fits; the passkeys it holds."""
    line = person.context.new_cdp_session(person.page)
    line.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
        "isUserVerified": True, "automaticPresenceSimulation": True,
    }  # fmt: skip
    made = line.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"]
    return lambda: line.send("WebAuthn.getCredentials", {"authenticatorId": made})["credentials"]


def sign_out(person):
    person.page.locator("nav a[href='/me']").click()
    person.by("signout").click()
    person.by("goodbye").wait_for()


def test_a_newcomer_makes_a_passkey_and_comes_in_with_it_from_then_on(person, newcomer, authenticator):
    _, link = newcomer

    person.page.goto(link)
    person.page.get_by_role("button", name="この端末のパスキーを登録する").click()
    person.page.locator("nav a[href='/me']").wait_for()
    sign_out(person)
    person.page.get_by_role("button", name="パスキーでサインインする").click()

    person.page.locator("nav a[href='/me']").wait_for()
    (passkey,) = authenticator()
    assert passkey["isResidentCredential"]
    assert passkey["signCount"] >= 2  # it was really asked again


def test_the_link_is_good_once_and_does_not_stay_in_the_address_bar(person, newcomer, town, chromium):
    _, link = newcomer
    person.page.goto(link)
    person.page.locator('[data-testid="use-password"], #new-password').first.wait_for()
    assert person.page.evaluate("location.hash") == ""
    assert link.partition("#")[2] not in person.page.evaluate("JSON.stringify(history.state) + location.href")

    second = chromium.new_context(locale="ja-JP").new_page()
    second.goto(link)

    second.locator('[data-testid="problem"][data-code="denied.invitation"]').wait_for()
    second.context.close()


def test_a_weak_password_is_refused_with_the_reason_and_a_long_one_is_taken(person, newcomer):
    login, link = newcomer
    person.page.goto(link)
    person.by("use-password").click()

    person.page.locator("#new-password").fill("password1234567")
    person.by("password-save").click()
    assert person.problem() in {"caller.password-too-common", "caller.password-too-short"}
    person.page.locator("#new-password").fill("みじかい")
    person.by("password-save").click()
    person.page.locator('[data-testid="problem"][data-code="caller.password-too-short"]').wait_for()
    person.page.locator("#new-password").fill("雨の日は図書館で地図をながめる")
    person.by("password-save").click()
    person.page.locator("nav a[href='/me']").wait_for()
    sign_out(person)

    person.sign_in(login, "雨の日は図書館で地図をながめる")
    person.page.locator("nav a[href='/me']").wait_for()


def test_a_code_of_the_authenticator_app_is_asked_after_the_password(person, newcomer):
    login, link = newcomer
    password = "夕焼けの港で貨物船を三つかぞえた"
    person.page.goto(link)
    person.by("use-password").click()
    person.page.locator("#new-password").fill(password)
    person.by("password-save").click()
    person.page.locator("nav a[href='/me']").click()
    person.page.get_by_role("button", name="認証アプリを登録する").click()
    secret = person.page.locator("code").inner_text().replace(" ", "")
    clock = lambda: person.page.evaluate("Date.now() / 1000")  # noqa: E731
    used = pyotp.TOTP(secret).at(int(clock()))
    person.page.locator("#totp-code").fill(used)
    person.page.locator("form button", has_text="認証アプリを登録する").click()
    person.page.get_by_text("認証アプリを登録しました。").wait_for()
    sign_out(person)

    person.sign_in(login, password)
    person.page.locator("#code").fill("000000" if used != "000000" else "111111")
    person.page.get_by_role("button", name="サインインする").click()
    assert person.problem() == "denied.credentials"
    person.page.locator("#code").fill(pyotp.TOTP(secret).at(int(clock()) + 30))  # the used one is not taken twice
    person.page.get_by_role("button", name="サインインする").click()

    person.page.locator("nav a[href='/me']").wait_for()


def test_signing_out_leaves_nothing_in_the_browser(person):
    person.begin("yamada")
    sign_out(person)

    kept = person.page.evaluate(
        "async () => [localStorage.length, sessionStorage.length, (await indexedDB.databases()).length,"
        " document.cookie]"
    )
    cookies = {cookie["name"] for cookie in person.context.cookies()}

    assert kept == [0, 0, 0, ""]
    assert cookies <= {"__Host-sudare-known"}
    person.page.go_back()
    person.by("signin-login").wait_for()


def test_the_session_cookie_is_beyond_the_reach_of_scripts_and_other_sites(person):
    person.begin("yamada")

    (cookie,) = [c for c in person.context.cookies() if c["name"] == "__Host-sudare"]

    assert (cookie["secure"], cookie["httpOnly"], cookie["sameSite"], cookie["path"]) == (True, True, "Strict", "/")
    assert "sudare" not in person.page.evaluate("document.cookie")
