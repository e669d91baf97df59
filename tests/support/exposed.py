"""The dashboard exposed: served at a public address, with an OpenID provider that runs here too."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest
from oidc_provider_mock import User, run_server_in_thread

from dashboard.access.exposure import Access, read_access
from dashboard.server import make_app
from dashboard.site import Switch, current_of
from pipelines.base.settings import settings
from tests.support.served import free_socket, served

ROLES = "groups: {room: control_room, manchester: 'trust:R0A'}\n"
CLIENT_SECRET = "of-the-client-and-nobody-else"


@contextmanager
def exposed(
    home: Path, patch: pytest.MonkeyPatch, people: Mapping[str, Sequence[str]]
) -> Iterator[Access]:
    """The home's dashboard is served; `people` are known to the provider with their groups."""
    roles = home.parent / "roles.yaml"
    roles.write_text(ROLES, "utf-8")
    users = [User(sub=name, claims={"groups": groups}) for name, groups in people.items()]
    listening, address = free_socket()
    with ExitStack() as stack:
        provider = stack.enter_context(run_server_in_thread(require_nonce=True, user_claims=users))
        told = {
            "URL": f"{address}/",
            "ROLES_FILE": str(roles),
            "OIDC_ISSUER": f"http://localhost:{provider.server_port}",
            "OIDC_CLIENT_ID": "uec",
            "OIDC_CLIENT_SECRET": CLIENT_SECRET,
            "LIMIT_SIGN_IN": "1000/minute",
            "LIMIT_ASKED": "10000/minute",
            "LIMIT_PAGES": "10000/minute",
        }
        for name, value in told.items():
            patch.setenv(f"SITREP_DASHBOARD_{name}", value)
        settings.cache_clear()
        access = read_access(home)
        switch = Switch(current_of(home), signs_in=True)
        switch.look()
        stack.enter_context(served(make_app(switch, home, access), listening))
        yield access


def client_of(access: Access, **cookies: str) -> httpx.Client:
    """A client of the dashboard, as a browser that nobody has signed in with."""
    return httpx.Client(base_url=access.public, trust_env=False, timeout=60, cookies=cookies)


def go_to_provider(client: httpx.Client, wanted: str = "/") -> str:
    """The address at the provider that sign-in sends the client to."""
    sent = client.get("/sign-in", params={"to": wanted})
    assert sent.status_code == 302
    return str(sent.headers["location"])


def leave_provider(address: str, **form: str) -> str:
    """Where the provider sends those who fill in its form at that address."""
    sent = httpx.post(address, data=form, trust_env=False, timeout=60)
    return str(sent.headers["location"])


def come_back(client: httpx.Client, user: str, wanted: str = "/") -> httpx.Response:
    """What the dashboard answers when the user has signed in at the provider."""
    return client.get(leave_provider(go_to_provider(client, wanted), sub=user))


def signed_in(access: Access, user: str) -> httpx.Client:
    """A client that the user has signed in with."""
    client = client_of(access)
    assert come_back(client, user).status_code == 303
    return client
