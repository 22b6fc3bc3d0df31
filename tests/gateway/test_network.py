"""Addresses as networks."""

from sudare.gateway.network import network_of


def test_addresses_count_as_networks():
    assert network_of("192.0.2.1") == network_of("::ffff:192.0.2.1") == "192.0.2.1"
    assert network_of("2001:db8::1") == "2001:db8::/56"
    assert network_of("fe80::1%eth0") == "fe80::/56"
    assert network_of("") == "unknown"
