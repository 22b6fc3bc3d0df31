"""What joins the connector's parts has every method the ports ask for."""

import inspect

import pytest

from sudare.connector import control, officedesk, ports
from sudare.connector.dialback import DialBack
from sudare.connector.ports import OfficeCredential
from sudare.connector.sessions import Sessions

SECRET = "himitsu"


@pytest.mark.parametrize(
    ("port", "real"),
    [
        (ports.SessionHost, Sessions),
        (ports.OfficeDesk, officedesk.OfficeDesk),
        (control.StreamOpener, DialBack),
    ],
)
def test_the_real_one_has_the_ports_methods_with_the_same_parameters(port, real):
    for name, method in inspect.getmembers(port, inspect.isfunction):
        if not name.startswith("_"):
            assert list(inspect.signature(method).parameters) == list(inspect.signature(getattr(real, name)).parameters)


def test_a_credential_does_not_show_its_password():
    from sudare.base.secret import Secret

    assert SECRET not in repr(OfficeCredential("yamada", Secret(SECRET)))
