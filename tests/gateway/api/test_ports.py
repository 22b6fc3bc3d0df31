"""The store's repositories have every method the API asks for."""

import inspect

import pytest

from sudare.entry.gateway_signers import TicketSigner
from sudare.gateway.api import ports
from sudare.store.audit import Record
from sudare.store.connectors import Connectors
from sudare.store.targets import SealedSecrets, Sessions, Targets


@pytest.mark.parametrize(
    ("port", "real"),
    [
        (ports.Record, Record),
        (ports.Connectors, Connectors),
        (ports.Targets, Targets),
        (ports.SealedSecrets, SealedSecrets),
        (ports.Sessions, Sessions),
        (ports.Tickets, TicketSigner),
    ],
)
def test_the_real_one_has_the_ports_methods_with_the_same_parameters(port, real):
    for name, method in inspect.getmembers(port, inspect.isfunction):
        if not name.startswith("_"):
            assert list(inspect.signature(method).parameters) == list(inspect.signature(getattr(real, name)).parameters)
