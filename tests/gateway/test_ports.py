"""What joins the gateway's parts has every method the ports ask for."""

import inspect

import pytest

from sudare.entry.gateway import NoTunnels
from sudare.entry.gateway_store import Directory
from sudare.gateway import ports
from sudare.gateway.authority import ConnectorAuthority
from sudare.gateway.edge import Edge


@pytest.mark.parametrize(
    ("port", "real"),
    [
        (ports.ConnectorDirectory, Directory),
        (ports.Tunnels, Edge),
        (ports.Tunnels, NoTunnels),
        (ports.Authority, ConnectorAuthority),
    ],
)
def test_the_real_one_has_the_ports_methods_with_the_same_parameters(port, real):
    for name, method in inspect.getmembers(port, inspect.isfunction):
        if not name.startswith("_"):
            assert list(inspect.signature(method).parameters) == list(inspect.signature(getattr(real, name)).parameters)
