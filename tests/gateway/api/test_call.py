"""What is checked before any handler runs."""

import pytest
from tests.support.gatehouse import Browser

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"Origin": "https://evil.example"}, "denied.origin"),
        ({"Origin": ""}, "denied.origin"),
        ({"Content_Type": "text/plain"}, "caller.malformed"),
        ({"Sudare_CSRF": "wrong"}, "denied.csrf"),
        ({"Sudare_CSRF": ""}, "denied.csrf"),
    ],
)
async def test_a_forged_change_is_refused(house, headers, code):
    browser = await house.person("hanako")

    assert (await browser.call("POST", "session/extend", **headers)).json()["code"] == code


async def test_a_body_that_is_not_what_was_asked_for_is_malformed(house):
    browser = Browser(house)
    for body in (None, [], {"login": 5, "password": "x"}, {"login": "x"}, {"login": "a b", "password": "x"}):
        assert (await browser.post("signin/password", body)).json()["code"] == "caller.malformed"
    for raw in (b"{", b"\xff", b"", b'{"x":' + b"[" * 30_000):
        sent = {"Origin": "https://telework.example.lg.jp", "Content-Type": "application/json"}
        answer = await browser.http.post("/api/v1/signin/password", content=raw, headers=sent)
        assert answer.json()["code"] == "caller.malformed"


async def test_a_huge_body_is_refused(house):
    answer = await Browser(house).post("signin/password", {"login": "x", "password": "x" * 70_000})

    assert answer.json()["code"] == "caller.too-large"


async def test_a_page_that_leaves_before_its_body_came_is_no_bug(house, capfd):
    head = {"type": "http", "method": "POST", "path": "/api/v1/signin/password", "query_string": b"", "scheme": "https"}
    headers = [(b"origin", b"https://telework.example.lg.jp"), (b"content-type", b"application/json")]
    said = []

    async def gone():
        return {"type": "http.disconnect"}

    async def send(message):
        said.append(message)

    await house.app({**head, "headers": headers, "client": ("192.0.2.9", 1), "server": ("x", 443)}, gone, send)

    assert said[0]["status"] == 503
    log = "".join(capfd.readouterr())
    assert "link.lost" in log
    assert "bug" not in log


async def test_a_flood_from_one_network_is_slowed_down_and_no_other(house):
    browser = Browser(house, "2001:db8:1:2::1")
    for _ in range(120):
        await browser.post("signin/passkey/options")

    neighbour = Browser(house, "2001:db8:1:3::9")  # the same /56: the same customer
    assert (await neighbour.post("signin/passkey/options")).json()["code"] == "busy.rate"
    assert (await Browser(house, "192.0.2.1").post("signin/passkey/options")).status_code == 200
    assert (await browser.get("session")).status_code == 200
