"""What an address counts as when one neighbour must not take what belongs to all."""

import ipaddress


def network_of(address: str) -> str:
    """The network an address counts as: IPv4 itself, IPv6 its /56 (one customer's)."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            return str(ip.ipv4_mapped)
        return str(ipaddress.ip_network((int(ip), 56), strict=False))
    return str(ip)
