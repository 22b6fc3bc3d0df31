"""The web application as a whole."""

import httpx
import pytest
from tests.support.gatehouse import ORIGIN, House

from sudare.gateway.asgi import security_headers

pytestmark = pytest.mark.anyio


@pytest.fixture
async def http(tmp_path, anyio_backend):
    house = House(tmp_path)
    await house.open()
    transport = httpx.ASGITransport(house.app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as client:
        client.house = house
        yield client
    await house.close()


@pytest.mark.parametrize("path", ["/", "/welcome", "/api/v1/session", "/api/v1/none", "/none.js", "/healthz"])
async def test_every_answer_carries_the_security_headers(http, path):
    answer = await http.get(path)

    policy = answer.headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert "wss://telework.example.lg.jp" in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["strict-transport-security"].startswith("max-age=")
    assert (answer.headers.get("cache-control") == "no-store") == path.startswith("/api/")


async def test_an_unknown_address_of_the_api_is_a_problem(http):
    for method, path in (("GET", "/api/v1/none"), ("PATCH", "/api/v1/session"), ("POST", "/")):
        answer = await http.request(method, path)
        assert answer.json()["code"] == "caller.not-found"
        assert answer.headers["content-type"] == "application/problem+json"


async def test_a_bug_is_a_problem_without_its_message(http, monkeypatch, capfd):
    async def broken(*_args):
        raise RuntimeError("canary")

    monkeypatch.setattr(http.house.stores.web_sessions, "get", broken)

    answer = await http.get("/api/v1/session", headers={"Cookie": "__Host-sudare=" + "A" * 43})

    assert (answer.status_code, answer.json()["code"]) == (500, "bug.unexpected")
    told = capfd.readouterr()
    assert "canary" not in answer.text + told.out + told.err
    assert "request.bug" in told.out + told.err


def test_a_trial_on_localhost_does_not_pin_other_ports():
    for origin in ("https://localhost:8443", "https://127.0.0.1:8443"):
        assert b"strict-transport-security" not in dict(security_headers(origin))
