"""The settings of who may see the dashboard, and what of them does not go together.

Nobody but this machine is served unless somebody has said who signs people in, and how.
"""

from enum import Enum
from pathlib import Path
from typing import Annotated
from urllib.parse import SplitResult, urlsplit

from pydantic import Field, IPvAnyNetwork, SecretStr
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from pipelines.base.errors import ConfigurationError
from pipelines.serving.callers import is_this_machine
from pipelines.serving.setting_forms import SEVERAL, Rate


class AccessSettings(BaseSettings):
    """Each field is an environment variable `SITREP_DASHBOARD_<NAME>`."""

    model_config = SettingsConfigDict(env_prefix="SITREP_DASHBOARD_", frozen=True)

    host: str = Field(default="127.0.0.1", description="Address of this machine to listen on.")
    hosts: Annotated[tuple[str, ...], NoDecode, SEVERAL] = Field(
        default=(), description="Names that it answers to beside that of its public address."
    )
    tls_certificate: Path | None = Field(
        default=None, description="Certificate, where no proxy in front has one."
    )
    tls_key: Path | None = Field(default=None, description="Its key.")
    oidc_issuer: str | None = Field(default=None, description="Address of the OpenID provider.")
    oidc_client_id: str | None = Field(default=None, description="How the provider knows us.")
    oidc_client_secret: SecretStr | None = Field(default=None, description="Our secret there.")
    oidc_client_secret_file: Path | None = Field(default=None, description="A file that has it.")
    oidc_scope: str = Field(default="openid", description="Scopes that give the groups.")
    oidc_groups_claim: str = Field(default="groups", description="Claim that has the groups.")
    session_secret_file: Path | None = Field(
        default=None, description="What sessions are signed with. Nothing said: made in the home."
    )
    session_hours: float = Field(default=8.0, gt=0, le=24, description="Hours of a session.")
    proxy_addresses: Annotated[tuple[IPvAnyNetwork, ...], NoDecode, SEVERAL] = Field(
        default=(), description="Addresses or networks of the proxies in front."
    )
    proxy_user_header: str | None = Field(
        default=None, description="Header in which these proxies name who signed in with them."
    )
    proxy_groups_header: str = Field(
        default="X-Forwarded-Groups", description="Header with the groups, separated by commas."
    )
    roles_file: Path | None = Field(default=None, description="Which groups have which roles.")
    limit_pages: Rate | None = Field(
        default=None,
        description="Requests of one user or address. Nothing said: 600/minute where people sign "
        "in, none on loopback without. The same holds for the two below.",
    )
    limit_asked: Rate | None = Field(
        default=None, description="Of what is made when asked for, and of tables (60/minute)."
    )
    limit_sign_in: Rate | None = Field(
        default=None, description="Of sign-in, for each address (20/minute)."
    )


class SignIn(Enum):
    """Who says who somebody is."""

    NOBODY = "nobody"
    OPEN_ID = "OpenID provider"
    PROXY = "proxy"


def way_of(told: AccessSettings, public: str) -> SignIn:
    """How people sign in; `public` is the address that they open.

    Raises `ConfigurationError` for what does not go together, and where nobody signs in although
    others than this machine are served.
    """
    way = _named_way(told)
    if bool(told.tls_certificate) != bool(told.tls_key):
        raise ConfigurationError(
            "SITREP_DASHBOARD_TLS_CERTIFICATE and SITREP_DASHBOARD_TLS_KEY go together: set both."
        )
    if way is SignIn.NOBODY:
        if not is_loopback(told.host):
            raise ConfigurationError(_NOBODY_SIGNS_IN.format(host=told.host))
        return way
    _check_address("SITREP_DASHBOARD_URL", public)
    if urlsplit(public).path not in ("", "/"):
        raise ConfigurationError(
            f"SITREP_DASHBOARD_URL: the dashboard needs a host of its own, without a path (it is "
            f"'{public}'). Write it like https://control-room.example.nhs.uk/."
        )
    if told.roles_file is None:
        raise ConfigurationError(
            "SITREP_DASHBOARD_ROLES_FILE is not set: nobody who signs in would see anything. Name "
            "a YAML file of groups and roles; docs/runbook.md has one."
        )
    return way


_NOBODY_SIGNS_IN = (
    "The dashboard would listen on {host} for other machines, and nobody signs in. Set either "
    "SITREP_DASHBOARD_OIDC_ISSUER, …_OIDC_CLIENT_ID and …_OIDC_CLIENT_SECRET_FILE, or "
    "SITREP_DASHBOARD_PROXY_USER_HEADER and …_PROXY_ADDRESSES; and with either of them "
    "SITREP_DASHBOARD_URL and …_ROLES_FILE (docs/runbook.md, Exposing the dashboard); "
    "or listen on 127.0.0.1."
)


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches it; raises `ConfigurationError` where it is no address."""
    try:
        return is_this_machine(host)
    except ValueError as error:
        raise ConfigurationError(
            f"SITREP_DASHBOARD_HOST: write an address of this machine like 0.0.0.0 (it is '{host}')"
        ) from error


def _named_way(told: AccessSettings) -> SignIn:
    secrets = (told.oidc_client_secret, told.oidc_client_secret_file)
    open_id = {
        "OIDC_ISSUER": told.oidc_issuer,
        "OIDC_CLIENT_ID": told.oidc_client_id,
        "OIDC_CLIENT_SECRET_FILE": next((one for one in secrets if one), None),
    }
    if told.proxy_user_header and any(open_id.values()):
        raise ConfigurationError(
            "SITREP_DASHBOARD_OIDC_… and SITREP_DASHBOARD_PROXY_USER_HEADER are both set. One of "
            "them says who somebody is: unset the other."
        )
    if told.proxy_user_header:
        if not told.proxy_addresses:
            raise ConfigurationError(
                "SITREP_DASHBOARD_PROXY_ADDRESSES is not set: anybody could send the header "
                f"{told.proxy_user_header}. Name the addresses of the proxies that set it."
            )
        return SignIn.PROXY
    if not any(open_id.values()):
        return SignIn.NOBODY
    if missing := [name for name, value in open_id.items() if not value]:
        raise ConfigurationError(
            "Sign-in is set in part. Set too: "
            + ", ".join(f"SITREP_DASHBOARD_{name}" for name in missing)
        )
    if all(secrets):
        raise ConfigurationError(
            "SITREP_DASHBOARD_OIDC_CLIENT_SECRET and …_FILE are both set: unset one of them."
        )
    _check_address("SITREP_DASHBOARD_OIDC_ISSUER", str(told.oidc_issuer))
    return SignIn.OPEN_ID


def _check_address(name: str, address: str) -> None:
    parts = urlsplit(address)
    is_here = parts.scheme == "http" and _is_local(parts)
    if not parts.hostname or not (parts.scheme == "https" or is_here):
        raise ConfigurationError(
            f"{name}: what people sign in with goes over https (it is '{address}'). Only on "
            "127.0.0.1 it may be http."
        )


def _is_local(parts: SplitResult) -> bool:
    try:
        return is_loopback(parts.hostname or "")
    except ConfigurationError:
        return False
