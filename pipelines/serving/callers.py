"""From where somebody calls: their address, also behind proxies that are trusted."""

from collections.abc import Collection
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from starlette.datastructures import Headers
from starlette.types import Scope

Networks = Collection[IPv4Network | IPv6Network]

_OF_ONE_LINE = 64
"""Bits of an IPv6 address that one subscriber has: the rest is theirs to choose."""


def client_behind(scope: Scope, proxies: Networks) -> str:
    """Whose request it is: the nearest address in front of the trusted proxies."""
    peer = peer_of(scope)
    if not is_within(peer, proxies):
        return peer
    named = ",".join(Headers(scope=scope).getlist("x-forwarded-for")).split(",")
    for one in reversed([address.strip() for address in named if address.strip()]):
        if not _is_address(one):
            return peer
        peer = one
        if not is_within(one, proxies):
            break
    return peer


def peer_of(scope: Scope) -> str:
    """The address at the other end of the connection."""
    client = scope.get("client")
    return str(client[0]) if client else "unknown"


def is_within(address: str, networks: Networks) -> bool:
    """Whether the address is one of those networks."""
    if not _is_address(address):
        return False
    found = ip_address(address)
    mapped = getattr(found, "ipv4_mapped", None)
    return any((mapped or found) in network for network in networks)


def line_of_address(address: str) -> str:
    """What stands for an address when requests are counted."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if found.version == 4:
        return address
    return str(ip_network((found, _OF_ONE_LINE), strict=False))


def is_this_machine(host: str) -> bool:
    """Whether only this machine reaches it; raises `ValueError` where it is no address."""
    return host == "localhost" or ip_address(host.strip("[]")).is_loopback


def _is_address(told: str) -> bool:
    try:
        ip_address(told)
    except ValueError:
        return False
    return True
