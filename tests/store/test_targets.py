"""Office PCs, sealed secrets and sessions."""

import pytest
from tests.support.rows import NOW, browser, connector, person

from sudare.base.errors import SudareError
from sudare.domain.audit import Event, Kind
from sudare.domain.places import Offer, SealedSecret, StreamSession
from sudare.store.audit import Record
from sudare.store.connectors import Connectors
from sudare.store.people import People
from sudare.store.revocations import Revocations
from sudare.store.targets import SealedSecrets, Sessions, Targets
from sudare.store.websessions import WebSessions

pytestmark = pytest.mark.anyio


@pytest.fixture
async def targets(database):
    for number in (1, 2):
        await People(database).add(person(number), f"hash{number}", NOW + 10)
    connectors = Connectors(database)
    await connectors.invite(connector(), "token", NOW + 10)
    await connectors.offers("k1", "本庁舎", b"key", [Offer("a", "vnc", "A"), Offer("b", "rdp", "B")])
    return Targets(database)


async def use(database, number=1, target="k1~a", at=0.0):
    """A session of person `number` in a browser of theirs."""
    web = browser(number, f"p{number}")
    if await WebSessions(database).get(web.hash) is None:
        await WebSessions(database).add(web, None)
    new = StreamSession(f"s{number}", "main", f"p{number}", "", target, web.hash, NOW, NOW + at)
    await Sessions(database).opened(new)
    return new


async def test_a_person_sees_only_what_was_given_to_them(targets):
    await targets.set_people("main", "k1", "a", ["p1", "p2"], now=NOW)

    assert [t.id for t in await targets.of("main", "p1")] == ["k1~a"]
    assert await targets.people("main") == {"k1~a": ["p1", "p2"]}


async def test_what_is_not_offered_now_is_not_seen(targets, database):
    await targets.set_people("main", "k1", "a", ["p1"], now=NOW)
    await Connectors(database).offers("k1", "本庁舎", b"key", [])

    assert await targets.of("main", "p1") == []


async def test_who_loses_a_target_loses_the_running_session(targets, database):
    await targets.set_people("main", "k1", "a", ["p1", "p2"], now=NOW)
    for number in (1, 2):
        await use(database, number)

    lost = await targets.set_people("main", "k1", "a", ["p2"], now=NOW)

    assert lost == ["p1"]
    assert [one.subject for one in await Revocations(database).after(0)] == ["s1"]


async def test_a_target_that_is_to_be_recorded_cuts_those_who_are_not_and_is_noted(targets, database):
    await targets.set_people("main", "k1", "a", ["p1"], now=NOW)
    await use(database)
    event = Event(Kind.TARGET_RECORD, "main", NOW, "operator", "k1~a", detail={"record": "true"})

    await targets.set_record("main", "k1", "a", event, record=True, now=NOW)
    await targets.set_record("main", "k1", "a", event, record=True, now=NOW)

    assert [t.record for t in await targets.of("main", "p1")] == [True]
    assert [one.subject for one in await Revocations(database).after(0)] == ["s1"]
    assert [entry.event for entry in await Record(database).entries()] == [event]


async def test_recording_no_longer_cuts_nobody(targets, database):
    await targets.set_people("main", "k1", "a", ["p1"], now=NOW)
    await targets.set_record("main", "k1", "a", record=True, now=NOW)
    await use(database)

    await targets.set_record("main", "k1", "a", record=False, now=NOW)

    assert [t.record for t in await targets.all("main")] == [False, False]
    assert await Revocations(database).after(0) == []


async def test_what_connectors_offer_anew_stays_recorded(targets, database):
    await targets.set_record("main", "k1", "a", record=True, now=NOW)

    await Connectors(database).offers("k1", "本庁舎", b"key", [Offer("a", "vnc", "B")])

    assert {t.local: t.record for t in await targets.all("main")} == {"a": True, "b": False}


async def test_an_unknown_target_cannot_be_recorded(targets):
    with pytest.raises(SudareError, match=r"caller\.not-found"):
        await targets.set_record("main", "k1", "zzz", record=True, now=NOW)


async def test_a_target_that_is_to_be_marked_cuts_those_who_see_it_without_and_is_noted(targets, database):
    await targets.set_people("main", "k1", "a", ["p1"], now=NOW)
    await use(database)
    event = Event(Kind.TARGET_WATERMARK, "main", NOW, "operator", "k1~a", detail={"watermark": "true"})

    await targets.set_watermark("main", "k1", "a", event, watermark=True, now=NOW)
    await targets.set_watermark("main", "k1", "a", event, watermark=True, now=NOW)

    assert [(t.watermark, t.record) for t in await targets.of("main", "p1")] == [(True, False)]
    assert [one.subject for one in await Revocations(database).after(0)] == ["s1"]
    assert [entry.event for entry in await Record(database).entries()] == [event]


async def test_what_connectors_offer_anew_stays_marked_and_an_unknown_target_cannot_be(targets, database):
    await targets.set_watermark("main", "k1", "a", watermark=True, now=NOW)

    await Connectors(database).offers("k1", "本庁舎", b"key", [Offer("a", "vnc", "B")])

    assert {t.local: t.watermark for t in await targets.all("main")} == {"a": True, "b": False}
    with pytest.raises(SudareError, match=r"caller\.not-found"):
        await targets.set_watermark("main", "k1", "zzz", watermark=True, now=NOW)


async def test_a_target_that_may_no_longer_be_heard_cuts_whoever_hears_it_and_is_noted(targets, database):
    await targets.set_people("main", "k1", "a", ["p1"], now=NOW)
    await use(database)
    event = Event(Kind.TARGET_SOUND, "main", NOW, "operator", "k1~a", detail={"sound": "true"})

    await targets.set_sound("main", "k1", "a", event, sound=True, now=NOW)
    allowed = [t.sound for t in await targets.of("main", "p1")], await Revocations(database).after(0)
    await targets.set_sound("main", "k1", "a", sound=False, now=NOW)

    assert allowed == ([True], [])
    assert [t.sound for t in await targets.of("main", "p1")] == [False]
    assert [one.subject for one in await Revocations(database).after(0)] == ["s1"]
    assert [entry.event for entry in await Record(database).entries()] == [event]
    with pytest.raises(SudareError, match=r"caller\.not-found"):
        await targets.set_sound("main", "k1", "zzz", sound=True, now=NOW)


async def test_unknown_targets_and_people_are_refused(targets):
    for local, people in (("zzz", []), ("a", ["nobody"])):
        with pytest.raises(SudareError, match=r"caller\.not-found"):
            await targets.set_people("main", "k1", local, people, now=NOW)


async def test_a_sealed_secret_is_kept_replaced_and_removed(targets, database):
    secrets = SealedSecrets(database)
    for text in ("one", "two"):
        await secrets.put("main", "p1", "k1~a", SealedSecret("taro", text), now=NOW)

    assert await secrets.get("p1", "k1~a") == SealedSecret("taro", "two")
    assert await secrets.get("p2", "k1~a") is None
    assert await secrets.targets("p1") == {"k1~a"}
    await secrets.remove("p1", "k1~a")
    assert await secrets.get("p1", "k1~a") is None


async def test_a_resumed_session_keeps_its_beginning_and_belongs_to_the_newer_browser(targets, database):
    await targets.set_people("main", "k1", "a", ["p1"], now=NOW)
    sessions, newer = Sessions(database), browser(7)
    await use(database)
    await WebSessions(database).add(newer, None)
    await sessions.opened(StreamSession("s1", "main", "p1", "", "k1~a", newer.hash, NOW, NOW + 5))

    found = await sessions.get("s1")
    assert (found.started, found.last_used, found.web_session) == (NOW, NOW + 5, newer.hash)
    assert await sessions.last_used("p1") == {"k1~a": NOW + 5}
    assert (await sessions.forget(NOW + 5), await sessions.forget(NOW + 6)) == (0, 1)


async def test_no_session_begins_after_its_browser_was_signed_out(targets, database):
    await targets.set_people("main", "k1", "a", ["p1"], now=NOW)
    session = await use(database)
    web = browser()
    await WebSessions(database).end(web, now=NOW)

    for target in ("k1~a", "k1"):
        with pytest.raises(SudareError, match=r"denied\.sign-in"):
            await Sessions(database).opened(StreamSession("s9", "main", "p1", "", target, web.hash, NOW, NOW))
    with pytest.raises(SudareError, match=r"denied\.sign-in"):
        await Sessions(database).opened(session)
    assert await Sessions(database).get("s9") is None


async def test_no_session_begins_after_the_right_to_it_was_taken(targets, database):
    await targets.set_people("main", "k1", "a", ["p1"], now=NOW)
    session = await use(database)
    await targets.set_people("main", "k1", "a", ["p2"], now=NOW)

    with pytest.raises(SudareError, match=r"denied\.not-allowed"):
        await Sessions(database).opened(session)
    await use(database, target="k1")  # the desk is everybody's
