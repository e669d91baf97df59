"""What a connection says of who asks: a bearer token, a login, or a certificate alone."""

import base64
import re

from pipelines.base.connections import Connection, variable
from pipelines.base.errors import ConfigurationError
from pipelines.base.secrets import remember
from pipelines.collect.addresses.certificates import KEY, shows_certificate

_BEARER, _BASIC = "bearer", "basic"


def authorization_of(connection: Connection) -> str | None:
    """The header `Authorization`; None where a certificate says who asks.

    Raises `ConfigurationError` where the connection has nothing to say it with.
    """
    how = connection.text("auth").lower() or (_BASIC if connection.login else _BEARER)
    where = variable(connection.name)
    if how not in (_BEARER, _BASIC):
        raise ConfigurationError(
            f"'auth' in the extra of the connection '{connection.name}' ({where}) is '{_BEARER}' "
            f"or '{_BASIC}'."
        )
    if how == _BASIC:
        return _basic(connection, where)
    token = connection.password
    if not token and (shows_certificate(connection) or connection.text(KEY)):
        return None
    if not token:
        raise ConfigurationError(
            f"The connection '{connection.name}' has no password, which is the token: put it into "
            f'{where}, as in {{"password": "…"}}, or into Airflow\'s connection.'
        )
    # h11 would quote in its error what it cannot send.
    if not re.fullmatch(r"[\x21-\x7e]+", token):
        raise ConfigurationError(
            f"The password of the connection '{connection.name}' ({where}) has characters that no "
            "token has."
        )
    return f"Bearer {token}"


def _basic(connection: Connection, where: str) -> str:
    if not connection.login or ":" in connection.login:
        raise ConfigurationError(
            f"The connection '{connection.name}' ({where}) needs a login without a colon, and its "
            "password."
        )
    pair = base64.b64encode(f"{connection.login}:{connection.password}".encode()).decode()
    remember(pair)
    return f"Basic {pair}"
