"""The one resolver of connections: where a source is, and the secrets that open it.

A feed file names a connection and holds no secret. Outside of Airflow the connection is in the
environment variable `AIRFLOW_CONN_<NAME>`, as Airflow itself would read it: JSON, or an address
(`sftp://user:password@host:22/?key=value`). Inside a task Airflow is asked (`resolve_with`), which
has its own variables, database and secrets backends.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import msgspec

from pipelines.base.errors import ConfigurationError
from pipelines.base.secrets import remember
from pipelines.base.switches import connection_text, connection_variable, has_old_connection

NAME_PATTERN = r"^[a-z][a-z0-9_]*$"
_PUBLIC_EXTRA = re.compile(
    r"^(host_?key|region(_name)?|endpoint(_url)?|.*_(url|file|path|mailbox|id|style|role)|ca"
    r"|(client_)?certificate|auth)$",
    re.IGNORECASE,
)
"""Words of `extra` whose values are no secrets."""


@dataclass(frozen=True, slots=True)
class Connection:
    """Where a source is and how to get in; what is secret does not stand in its `repr`."""

    name: str
    host: str = ""
    port: int | None = None
    login: str = ""
    password: str = field(default="", repr=False)
    schema: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def text(self, word: str) -> str:
        """What `extra` says under that word; empty where it says nothing."""
        value = self.extra.get(word)
        return "" if value is None else str(value).strip()

    def needed(self, word: str, what_for: str) -> str:
        """What `extra` says under that word; raises `ConfigurationError` where it says nothing."""
        if value := self.text(word):
            return value
        raise ConfigurationError(
            f"The connection '{self.name}' lacks '{word}' in its extra, which is {what_for}. "
            f"Add it where the connection is kept: {variable(self.name)}, or Airflow's connections."
        )


Resolver = Callable[[str], Connection | None]
"""From a connection's name to it; None where there is none of that name."""


def variable(name: str) -> str:
    """The environment variable that holds the connection outside of Airflow."""
    return connection_variable(name)


def find_connection(name: str) -> Connection:
    """The connection of that name, its secrets masked from now on.

    Raises `ConfigurationError` where it is not known or cannot be read.
    """
    found = _resolver(name)
    if found is None:
        if has_old_connection(name):
            raise ConfigurationError(
                f"SITREP_CONNECTION_{name.upper()} is not read any more: put the token into "
                f'{variable(name)}, as in {{"password": "…"}}, or into Airflow\'s connections.'
            )
        raise ConfigurationError(
            f"The connection '{name}' is not known. Set {variable(name)} (JSON, as in "
            '{"host": "…", "login": "…", "password": "…", "extra": {…}}), or add it to '
            "Airflow's connections; sitrep sources check tries it."
        )
    for secret in _secrets_of(found):
        remember(secret)
    return found


def resolve_with(resolver: Resolver) -> None:
    """Connections come from that resolver from now on, in this process."""
    global _resolver
    _resolver = resolver


def from_environment(name: str) -> Connection | None:
    """The connection as the environment has it; raises `ConfigurationError` where it is broken."""
    told = connection_text(name)
    if not told:
        return None
    try:
        return _from_json(name, told) if told.startswith("{") else _from_address(name, told)
    except (ValueError, TypeError, msgspec.MsgspecError):
        # Neither the value nor the error is told: both hold the secret.
        raise ConfigurationError(
            f"{variable(name)} cannot be read. It is JSON, as in "
            '{"host": "…", "port": 22, "login": "…", "password": "…", "extra": {…}}, or an '
            "address, as in sftp://user:password@host:22 with special characters percent-encoded."
        ) from None


_resolver: Resolver = from_environment


def _from_json(name: str, told: str) -> Connection:
    content = msgspec.json.decode(told, type=dict[str, Any])
    port = content.get("port")
    return Connection(
        name,
        host=str(content.get("host") or ""),
        port=int(port) if port not in (None, "") else None,
        login=str(content.get("login") or ""),
        password=str(content.get("password") or ""),
        schema=str(content.get("schema") or ""),
        extra=extra_of(content.get("extra")),
    )


def _from_address(name: str, told: str) -> Connection:
    parts = urlsplit(told)
    if not parts.scheme:
        raise ValueError
    words = dict(parse_qsl(parts.query, keep_blank_values=True))
    whole = words.pop("__extra__", None)
    return Connection(
        name,
        host=unquote(parts.hostname or ""),
        port=parts.port,
        login=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        schema=unquote(parts.path.lstrip("/")),
        extra={**words, **extra_of(whole)},
    )


def extra_of(told: object) -> Mapping[str, Any]:
    """What a connection says beside its fields; raises `ValueError` where it is no JSON object."""
    if told in (None, ""):
        return {}
    if isinstance(told, str):
        return msgspec.json.decode(told, type=dict[str, Any])
    if isinstance(told, Mapping):
        return told
    raise ValueError


def _secrets_of(found: Connection) -> list[str]:
    extra = [
        value
        for word, value in found.extra.items()
        if isinstance(value, str) and not _PUBLIC_EXTRA.match(word)
    ]
    return [secret for secret in (found.password, *extra) if secret]
