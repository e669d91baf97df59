"""What a proxy in front says: from where somebody comes, and who signed in with it.

A header is worth as much as the address that sent it. What any other address says is refused.
"""

from starlette.datastructures import Headers
from starlette.types import Scope

from dashboard.access.access_settings import AccessSettings
from dashboard.access.visitor import RoleMap, Visitor
from pipelines.serving.callers import client_behind, is_within, peer_of


class NotTheProxy(Exception):
    """The request is not one that a trusted proxy sends."""


def client_address(scope: Scope, told: AccessSettings) -> str:
    """Whose request it is: the nearest address in front of the trusted proxies."""
    return client_behind(scope, told.proxy_addresses)


def visitor_of(scope: Scope, told: AccessSettings, roles: RoleMap) -> Visitor | None:
    """Who the proxy says it is, None where it names nobody.

    Raises `NotTheProxy` where another address asks, or where a header stands there twice.
    """
    if not is_within(peer_of(scope), told.proxy_addresses):
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
