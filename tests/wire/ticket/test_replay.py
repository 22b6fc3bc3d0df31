"""A ticket is good once."""

import pytest
from tests.wire.ticket.test_codec import NOW, ticket

from sudare.base.errors import SudareError
from sudare.wire.ticket.replay import ReplayMemory


def code(memory, used, now=NOW):
    with pytest.raises(SudareError) as caught:
        memory.use(used, now)
    return caught.value.code


def test_the_second_use_is_refused_until_the_ticket_has_expired():
    memory = ReplayMemory()
    memory.use(ticket(), NOW)

    assert code(memory, ticket()) == "denied.ticket-replayed"
    assert code(memory, ticket(), NOW + 90) == "denied.ticket-replayed"


def test_expired_ids_are_forgotten():
    memory = ReplayMemory()
    for number in range(100):
        memory.use(ticket(jti=str(number)), NOW)

    memory.use(ticket(jti="later", iat=NOW + 1000, exp=NOW + 1060), NOW + 1000)

    assert len(memory) == 1


def test_a_full_memory_refuses_instead_of_forgetting():
    memory = ReplayMemory(limit=2)
    memory.use(ticket(jti="a"), NOW)
    memory.use(ticket(jti="b"), NOW)

    assert code(memory, ticket(jti="c")) == "busy.sessions"
    assert code(memory, ticket(jti="a")) == "denied.ticket-replayed"
