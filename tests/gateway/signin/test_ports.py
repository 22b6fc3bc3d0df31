"""The store's repositories have every method signing in asks for."""

import inspect

import pytest

from sudare.gateway.signin import ports
from sudare.store.attempts import Attempts
from sudare.store.credentials import Credentials
from sudare.store.people import People
from sudare.store.websessions import WebSessions


@pytest.mark.parametrize(
    ("port", "real"),
    [
        (ports.People, People),
        (ports.Credentials, Credentials),
        (ports.WebSessions, WebSessions),
        (ports.Attempts, Attempts),
    ],
)
def test_the_real_one_has_the_ports_methods_with_the_same_parameters(port, real):
    for name, method in inspect.getmembers(port, inspect.isfunction):
        if not name.startswith("_"):
            assert list(inspect.signature(method).parameters) == list(inspect.signature(getattr(real, name)).parameters)
