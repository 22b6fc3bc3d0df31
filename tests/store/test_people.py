"""People and their welcome links."""

import pytest
from tests.support.rows import NOW, browser, person

from sudare.base.errors import SudareError
from sudare.store.people import People
from sudare.store.revocations import Revocations
from sudare.store.websessions import WebSessions

pytestmark = pytest.mark.anyio


async def test_a_person_is_found_by_id_and_login_within_the_tenant(database):
    people = People(database)
    await people.add(person(), "hash", NOW + 10)

    assert await people.by_id("main", "p1") == await people.by_login("main", "user1") == person()
    assert await people.by_login("other", "user1") is None
    assert await people.all("main") == [person()]


async def test_a_login_is_taken_once(database):
    people = People(database)
    await people.add(person(), "hash", NOW + 10)

    with pytest.raises(SudareError, match=r"caller\.login-taken"):
        await people.add(person(), "other", NOW + 10)


async def test_an_invitation_is_used_once_and_in_time(database):
    people = People(database)
    await people.add(person(1), "one", NOW + 10)
    await people.add(person(2), "two", NOW + 10)

    assert await people.take_invitation("one", NOW) == person(1)
    for code, now in (("one", NOW), ("two", NOW + 10), ("none", NOW)):
        with pytest.raises(SudareError, match=r"denied\.invitation"):
            await people.take_invitation(code, now)


async def test_a_new_invitation_replaces_the_old_one_signs_out_and_revokes(database):
    people, browsers = People(database), WebSessions(database)
    await people.add(person(), "one", NOW + 10)
    await browsers.add(browser(), None)

    ended = await people.invite(person(), "two", NOW + 10, now=NOW)

    assert ended == [browser().hash]
    assert await browsers.get(browser().hash) is None
    assert [one.subject for one in await Revocations(database).after(0)] == ["p1"]
    with pytest.raises(SudareError):
        await people.take_invitation("one", NOW)
    assert await people.take_invitation("two", NOW) == person()


async def test_invitations_that_ran_out_are_forgotten(database):
    people = People(database)
    await people.add(person(), "one", NOW + 10)

    assert (await people.forget_invitations(NOW + 9), await people.forget_invitations(NOW + 10)) == (0, 1)
