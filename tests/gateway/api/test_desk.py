"""Administration, as the command line does it."""

import base64
import secrets

import pytest

from sudare.base.errors import SudareError
from sudare.domain.audit import Kind
from sudare.gateway.api.desk import new_token
from sudare.gateway.ports import Catalogue, TargetOffer

pytestmark = pytest.mark.anyio


async def test_a_target_is_found_by_id_or_by_a_name_only_it_has(house):
    for name, targets in (("a", [("x", "X"), ("y", "Y")]), ("b", [("x", "X2")])):
        connector, _, _ = await house.desk.add_connector(name, house.now)
        offers = tuple(TargetOffer(local, "vnc", title) for local, title in targets)
        await house.directory.offers(connector.id, Catalogue(name, b"", offers))

    found = await house.desk.find_target("Y")

    assert found.endswith("~y")
    assert await house.desk.find_target(found) == found
    for ambiguous in ("x", "none"):
        with pytest.raises(SudareError, match=r"caller\.not-found"):
            await house.desk.find_target(ambiguous)


async def test_who_says_that_a_target_is_recorded_stands_in_the_record(house):
    connector, _, _ = await house.desk.add_connector("a", house.now)
    await house.directory.offers(connector.id, Catalogue("a", b"", (TargetOffer("x", "vnc", "X"),)))

    await house.desk.set_record(f"{connector.id}~x", house.now, record=True)
    await house.desk.set_record(f"{connector.id}~x", house.now, record=False)

    events = [entry.event for entry in await house.stores.record.entries() if entry.event.kind is Kind.TARGET_RECORD]
    assert [(event.actor, event.subject, event.detail) for event in events] == [
        ("operator", f"{connector.id}~x", {"record": "true"}),
        ("operator", f"{connector.id}~x", {"record": "false"}),
    ]


async def test_who_says_that_a_target_is_marked_stands_in_the_record(house):
    connector, _, _ = await house.desk.add_connector("a", house.now)
    await house.directory.offers(connector.id, Catalogue("a", b"", (TargetOffer("x", "vnc", "X"),)))

    await house.desk.set_watermark(f"{connector.id}~x", house.now, watermark=True)
    await house.desk.set_watermark(f"{connector.id}~x", house.now, watermark=False)

    events = [entry.event for entry in await house.stores.record.entries()]
    assert [(event.actor, event.subject, event.detail) for event in events if event.kind is Kind.TARGET_WATERMARK] == [
        ("operator", f"{connector.id}~x", {"watermark": "true"}),
        ("operator", f"{connector.id}~x", {"watermark": "false"}),
    ]


async def test_who_says_that_a_target_is_heard_stands_in_the_record(house):
    connector, _, _ = await house.desk.add_connector("a", house.now)
    await house.directory.offers(connector.id, Catalogue("a", b"", (TargetOffer("x", "rdp", "X"),)))

    await house.desk.set_sound(f"{connector.id}~x", house.now, sound=True)

    events = [entry.event for entry in await house.stores.record.entries()]
    assert [(event.actor, event.subject, event.detail) for event in events if event.kind is Kind.TARGET_SOUND] == [
        ("operator", f"{connector.id}~x", {"sound": "true"}),
    ]


async def test_what_the_operator_does_is_recorded(house):
    await house.desk.add_person("hanako", "花子", "", house.now, admin=True)

    (entry,) = await house.stores.record.entries()
    assert (entry.event.actor, entry.event.detail) == ("operator", {"admin": "true"})


def test_tokens_are_256_bits_and_never_the_same():
    assert len(new_token()) == 43
    assert new_token() != new_token()


def test_a_token_is_never_taken_for_an_option(monkeypatch):
    drawn = iter([b"\xf8" * 32, b"\xfb" * 32, b"\x01" * 32])
    monkeypatch.setattr(secrets, "token_bytes", lambda _: next(drawn))

    assert new_token() == base64.urlsafe_b64encode(b"\x01" * 32).decode().rstrip("=")
    assert next(drawn, None) is None
