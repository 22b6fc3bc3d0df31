"""The table of addresses is the one in docs/wire/api.md."""

import re
from pathlib import Path

import pytest
from tests.support.gatehouse import Browser

from sudare.gateway.api.call import Access
from sudare.gateway.api.routes import TABLE

DOC = (Path(__file__).parents[3] / "docs/wire/api.md").read_text()
OPEN = {Access.ANYONE, Access.MACHINE}


def test_every_address_is_documented():
    missing = [p for _, p, _, _ in TABLE if re.sub(r"\{(\w+)\}.*", "", p).rstrip("/") not in DOC]

    assert missing == []


def test_everything_under_admin_is_for_administrators_and_nothing_else_is():
    assert {a for _, p, a, _ in TABLE if p.startswith("admin/")} == {Access.ADMIN}
    assert Access.ADMIN not in {a for _, p, a, _ in TABLE if not p.startswith("admin/")}


@pytest.mark.anyio
async def test_strings_come_in_two_languages_and_no_other(house):
    browser = Browser(house)

    assert (await browser.get("strings/ja")).json()["denied.sign-in"] == "サインインしてください"
    assert (await browser.get("strings/en")).json()["denied.sign-in"] == "denied.sign-in"
    assert (await browser.get("strings/fr")).status_code == 404


@pytest.mark.anyio
@pytest.mark.parametrize(("method", "path"), [(m, p) for m, p, a, _ in TABLE if a not in OPEN])
async def test_what_is_not_open_refuses_strangers(house, method, path):
    assert (await Browser(house).call(method, path.format(id="x", target="x"))).json()["code"] == "denied.sign-in"
