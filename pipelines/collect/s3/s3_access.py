"""How an object store is reached and signed in to, from its connection."""

import os
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal, Self, cast
from urllib.parse import urlsplit

import boto3
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import BotoCoreError

from pipelines.base.connections import Connection, variable
from pipelines.base.errors import ConfigurationError

AT_ONCE = 16
"""Calls at once; with more of them none is faster."""
_TRIES = 3
_CONNECT_SECONDS = 3
READ_SECONDS = 10
"""Longest silence within an answer."""
_THIS_MACHINE = ("localhost", "127.0.0.1", "::1")
_STYLES = ("auto", "path", "virtual")
_YES = ("true", "1", "yes")
_A_REGION = "us-east-1"
"""What stores outside of AWS sign with unless they are told otherwise."""


@dataclass(frozen=True, slots=True)
class S3Access:
    """Where the store is and how its calls are signed; what is secret is not in its `repr`."""

    connection: str
    endpoint_url: str
    """Empty for AWS itself."""
    region: str
    style: Literal["auto", "path", "virtual"]
    ca_file: str
    uses_role: bool
    key: str = field(repr=False)
    secret: str = field(repr=False)
    token: str = field(repr=False)

    @classmethod
    def of(cls, connection: Connection) -> Self:
        """What the connection says; raises `ConfigurationError` where that is no way in."""
        kept_in = f"The connection '{connection.name}' ({variable(connection.name)})"
        address = connection.text("endpoint_url")
        style = connection.text("addressing_style") or "auto"
        if connection.host and not address:
            raise ConfigurationError(
                f"{kept_in} has a host, which is not read for S3: put the address into "
                "endpoint_url of its extra, as in https://s3.example.nhs.uk, or leave both out "
                "for AWS."
            )
        if address and not _is_safe(address):
            raise ConfigurationError(
                f"{kept_in} has an endpoint_url that is not https://host or https://host:port "
                "(http:// only for localhost)."
            )
        if style not in _STYLES:
            raise ConfigurationError(f"{kept_in}: addressing_style is one of {', '.join(_STYLES)}.")
        if bool(connection.login) != bool(connection.password):
            there, lacking = "login", "password, which is the secret key"
            if connection.password:
                there, lacking = "password", "login, which is the access key"
            raise ConfigurationError(f"{kept_in} has a {there} and no {lacking}.")
        return cls(
            connection=connection.name,
            endpoint_url=address,
            region=connection.text("region_name"),
            style=cast('Literal["auto", "path", "virtual"]', style),
            ca_file=connection.text("ca_file"),
            uses_role=connection.text("use_role").lower() in _YES,
            key=connection.login,
            secret=connection.password,
            token=connection.text("session_token"),
        )

    @property
    def signs_as(self) -> str:
        """Who the calls come from, in words."""
        if self.key:
            return "with an access key"
        return "with this machine's role" if self.uses_role else "without a key"

    def client(self) -> Any:
        """A client of boto3; raises `ConfigurationError` where none can be made of it."""
        try:
            return _client(self, os.getpid())
        except (BotoCoreError, ValueError, OSError) as error:
            raise ConfigurationError(
                f"The connection '{self.connection}' ({variable(self.connection)}) cannot be used "
                f"for S3 ({type(error).__name__}). Check its endpoint_url, region_name and ca_file."
            ) from None


def _is_safe(address: str) -> bool:
    parts = urlsplit(address)
    if not parts.hostname or "@" in parts.netloc or parts.query:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _THIS_MACHINE)


@lru_cache(maxsize=32)
def _client(access: S3Access, process: int) -> Any:
    """One for each process: a fork must not share its parent's connections."""
    is_anonymous = not access.key and not access.uses_role
    config = Config(
        connect_timeout=_CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        retries={"total_max_attempts": _TRIES, "mode": "standard"},
        max_pool_connections=AT_ONCE,
        s3={"addressing_style": access.style},
        # Many stores outside of AWS refuse checksums that they are not asked for.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        ignore_configured_endpoint_urls=True,
        **({"signature_version": UNSIGNED} if is_anonymous else {}),
    )
    session = boto3.session.Session(
        aws_access_key_id=access.key or None,
        aws_secret_access_key=access.secret or None,
        aws_session_token=access.token or None,
        region_name=access.region or (_A_REGION if access.endpoint_url else None),
    )
    return session.client(
        "s3",
        endpoint_url=access.endpoint_url or None,
        config=config,
        verify=access.ca_file or None,
    )
