"""What the dashboard has to know to be exposed, read and checked once, before it listens."""

import secrets
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import SecretStr

from dashboard.access.access_settings import AccessSettings, SignIn, way_of
from dashboard.access.visitor import RoleMap, read_roles
from pipelines.base.durable import write_durably
from pipelines.base.errors import ConfigurationError
from pipelines.base.settings import read_settings, settings

_FEWEST_CHARACTERS = 32


@dataclass(frozen=True)
class Access:
    """How people sign in, which roles they have, and what signs their sessions."""

    way: SignIn
    told: AccessSettings
    public: str
    """Address that people open, without a slash at its end."""
    roles: RoleMap
    session_secret: SecretStr = field(repr=False)
    client_secret: SecretStr = field(repr=False)

    @property
    def is_open(self) -> bool:
        """Whether everybody on this machine sees all, as often as they like."""
        limits = (self.told.limit_pages, self.told.limit_asked, self.told.limit_sign_in)
        return self.way is SignIn.NOBODY and not any(limits)

    @property
    def is_https(self) -> bool:
        """Whether people reach it encrypted."""
        return urlsplit(self.public).scheme == "https"

    @property
    def hosts(self) -> list[str]:
        """Names that it answers to, beside those of this machine."""
        own = urlsplit(self.public).hostname if self.way is not SignIn.NOBODY else None
        return [*([own] if own else []), *self.told.hosts]


def read_access(home: Path, host: str | None = None) -> Access:
    """The settings as they hold together; `host` takes the place of the setting.

    Raises `ConfigurationError` for each that cannot be used.
    """
    told = read_settings(AccessSettings)
    if host is not None:
        told = told.model_copy(update={"host": host})
    public = settings().dashboard_url
    way = way_of(told, public)
    is_open_id = way is SignIn.OPEN_ID
    return Access(
        way=way,
        told=told,
        public=public.rstrip("/"),
        roles=read_roles(told.roles_file) if told.roles_file else RoleMap(groups={}),
        session_secret=_session_secret(told, home) if is_open_id else SecretStr(""),
        client_secret=_client_secret(told) if is_open_id else SecretStr(""),
    )


def _client_secret(told: AccessSettings) -> SecretStr:
    if told.oidc_client_secret is not None:
        return told.oidc_client_secret
    return _secret_in(told.oidc_client_secret_file or Path(), "OIDC_CLIENT_SECRET_FILE")


def _session_secret(told: AccessSettings, home: Path) -> SecretStr:
    """What is in the file that the settings name, or in the home, where it is made if needed."""
    file = told.session_secret_file
    if file is None:
        file = home / "dashboard" / "session-secret"
        if not file.exists():
            write_durably(file, secrets.token_urlsafe(48).encode())
    found = _secret_in(file, "SESSION_SECRET_FILE")
    if len(found.get_secret_value()) < _FEWEST_CHARACTERS:
        raise ConfigurationError(
            f"SITREP_DASHBOARD_SESSION_SECRET_FILE: {file} has less than {_FEWEST_CHARACTERS} "
            "characters. Write at least that many that nobody can guess."
        )
    return found


def _secret_in(file: Path, name: str) -> SecretStr:
    try:
        found = file.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no text"
        raise ConfigurationError(
            f"SITREP_DASHBOARD_{name}: {file} cannot be read: {reason}"
        ) from error
    if not found:
        raise ConfigurationError(f"SITREP_DASHBOARD_{name}: {file} is empty.")
    return SecretStr(found)
