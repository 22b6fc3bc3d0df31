"""What people sign in with."""

import pytest
from tests.support.rows import NOW, browser, credential, person

from sudare.base.errors import SudareError
from sudare.domain.people import CredentialKind
from sudare.store.credentials import Credentials
from sudare.store.people import People
from sudare.store.websessions import WebSessions

pytestmark = pytest.mark.anyio


@pytest.fixture
async def credentials(database):
    await People(database).add(person(), "hash", NOW + 10)
    return Credentials(database)


async def test_a_passkey_is_found_by_its_id_within_the_tenant(credentials):
    await credentials.add(credential())

    assert await credentials.passkey("main", "ext1") == credential()
    assert await credentials.passkey("other", "ext1") is None


async def test_a_person_has_one_password_and_many_passkeys(credentials):
    for number, kind in enumerate([CredentialKind.PASSWORD, CredentialKind.PASSWORD, *[CredentialKind.PASSKEY] * 2]):
        await credentials.add(credential(number, kind))

    assert [one.id for one in await credentials.of("p1")] == ["c1", "c2", "c3"]


async def test_the_same_passkey_cannot_be_registered_twice(credentials):
    await credentials.add(credential())

    with pytest.raises(SudareError, match=r"caller\.malformed"):
        await credentials.add(credential())


async def test_the_last_way_in_stays(credentials):
    await credentials.add(credential(1))
    await credentials.add(credential(2, CredentialKind.TOTP))

    with pytest.raises(SudareError, match=r"caller\.last-credential"):
        await credentials.remove("p1", "c1")
    with pytest.raises(SudareError, match=r"caller\.not-found"):
        await credentials.remove("p2", "c1")
    await credentials.remove("p1", "c2")


async def test_a_counter_moves_once_from_where_it_was(credentials):
    await credentials.add(credential())

    assert await credentials.advance("c1", 0, 5, NOW) is True
    assert await credentials.advance("c1", 0, 5, NOW) is False


async def test_setting_something_up_ends_having_to(credentials, database):
    browsers = WebSessions(database)
    await browsers.add(browser(must_set_up=True), None)

    await credentials.add(credential(1, CredentialKind.TOTP))
    assert (await browsers.get(browser().hash)).must_set_up is True
    await credentials.add(credential(2))
    assert (await browsers.get(browser().hash)).must_set_up is False


async def test_a_hash_is_replaced_only_if_it_is_still_the_same(credentials):
    await credentials.add(credential())

    await credentials.rehash("c1", "other", "newer")
    await credentials.rehash("c1", "data", "new")

    assert (await credentials.of("p1"))[0].data == "new"
