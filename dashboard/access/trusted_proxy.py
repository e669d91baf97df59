"""What a proxy in front says: from where somebody comes, and who signed in with it.

A header is worth as much as the address that sent it. What any other address says is refused.
"""

from ipaddress import ip_address

from starlette.datastructures import Headers
from starlette.types import Scope

from dashboard.access.access_settings import AccessSettings
from dashboard.access.visitor import RoleMap, Visitor


class NotTheProxy(Exception):
    """The request is not one that a trusted proxy sends."""


def client_address(scope: Scope, told: AccessSettings) -> str:
    """Whose request it is: the nearest address in front of the trusted proxies."""
    peer = _peer(scope)
    if not _is_trusted(peer, told):
        return peer
    named = ",".join(Headers(scope=scope).getlist("x-forwarded-for")).split(",")
    for one in reversed([address.strip() for address in named if address.strip()]):
        if not _is_address(one):
            return peer
        peer = one
        if not _is_trusted(one, told):
            break
    return peer


def visitor_of(scope: Scope, told: AccessSettings, roles: RoleMap) -> Visitor | None:
    """Who the proxy says it is, None where it names nobody.

    Raises `NotTheProxy` where another address asks, or where a header stands there twice.
    """
    if not _is_trusted(_peer(scope), told):
        raise NotTheProxy("it does not come from one of SITREP_DASHBOARD_PROXY_ADDRESSES")
    headers = Headers(scope=scope)
    users = headers.getlist(told.proxy_user_header or "")
    groups = headers.getlist(told.proxy_groups_header)
    if len(users) > 1 or len(groups) > 1:
        raise NotTheProxy("a header of the proxy stands in it twice")
    user = users[0].strip() if users else ""
    if not user:
        return None
    names = [name.strip() for one in groups for name in one.split(",")]
    return roles.visitor(user, names)


def _peer(scope: Scope) -> str:
    client = scope.get("client")
    return str(client[0]) if client else "unknown"


def _is_address(told: str) -> bool:
    try:
        ip_address(told)
    except ValueError:
        return False
    return True


def _is_trusted(address: str, told: AccessSettings) -> bool:
    if not _is_address(address):
        return False
    found = ip_address(address)
    mapped = getattr(found, "ipv4_mapped", None)
    return any((mapped or found) in network for network in told.proxy_addresses)
