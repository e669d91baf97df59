"""The settings of the endpoint of push, and what of them does not go together.

Tokens go over the network: plain http is for this machine only, or for a proxy that has a
certificate.
"""

from pathlib import Path
from typing import Annotated

from pydantic import ByteSize, Field, IPvAnyNetwork
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from pipelines.base.errors import ConfigurationError
from pipelines.base.settings import read_settings
from pipelines.serving.callers import is_this_machine
from pipelines.serving.setting_forms import SEVERAL, Rate


class PushSettings(BaseSettings):
    """Each field is an environment variable `SITREP_PUSH_<NAME>`."""

    model_config = SettingsConfigDict(env_prefix="SITREP_PUSH_", frozen=True)

    host: str = Field(default="127.0.0.1", description="Address of this machine to listen on.")
    hosts: Annotated[tuple[str, ...], NoDecode, SEVERAL] = Field(
        default=(), description="Names that providers call it by, beside those of this machine."
    )
    tls_certificate: Path | None = Field(
        default=None, description="Certificate, where no proxy in front has one."
    )
    tls_key: Path | None = Field(default=None, description="Its key.")
    proxy_addresses: Annotated[tuple[IPvAnyNetwork, ...], NoDecode, SEVERAL] = Field(
        default=(),
        description="Addresses or networks of the proxies in front. Where it listens for other "
        "machines without a certificate, all other addresses are refused.",
    )
    limit_token: Rate = Field(default="120/minute", description="Requests with one token.")
    limit_address: Rate = Field(
        default="60/minute", description="Requests of one address without a usable token."
    )
    request_seconds: float = Field(
        default=120.0, gt=0, description="Seconds that the body of a request may take."
    )
    head_seconds: float = Field(
        default=10.0, gt=0, description="Seconds that the head of a request may take."
    )
    most_connections: int = Field(
        default=800, gt=0, description="Connections at once; a process may often open 1,024 files."
    )
    most_held: ByteSize = Field(
        default=ByteSize(256_000_000),
        description="Bytes of all bodies that are held in memory, like 256MB; of one token at "
        "most a quarter of it, or one file.",
    )

    @property
    def is_plain_for_others(self) -> bool:
        """Whether other machines reach it without a certificate, which is for proxies only."""
        return self.tls_certificate is None and not _is_this_machine(self.host)


def read_push_settings(host: str | None = None) -> PushSettings:
    """The settings as they hold together; `host` takes the place of the setting.

    Raises `ConfigurationError` for what cannot be used.
    """
    told = read_settings(PushSettings)
    if host is not None:
        told = told.model_copy(update={"host": host})
    if bool(told.tls_certificate) != bool(told.tls_key):
        raise ConfigurationError(
            "SITREP_PUSH_TLS_CERTIFICATE and SITREP_PUSH_TLS_KEY go together: set both."
        )
    for file in (told.tls_certificate, told.tls_key):
        if file is not None and not file.is_file():
            raise ConfigurationError(f"SITREP_PUSH_TLS_…: there is no file {file}.")
    if _is_this_machine(told.host):
        return told
    if told.tls_certificate is None and not told.proxy_addresses:
        raise ConfigurationError(
            f"The endpoint would listen on {told.host} for other machines over plain http, and "
            "tokens could be read on the way. Set SITREP_PUSH_TLS_CERTIFICATE and …_TLS_KEY, or "
            "SITREP_PUSH_PROXY_ADDRESSES where a proxy in front has the certificate; or listen on "
            "127.0.0.1."
        )
    if not told.hosts:
        raise ConfigurationError(
            "SITREP_PUSH_HOSTS is not set: name the host that providers call, like "
            "feeds.example.nhs.uk."
        )
    return told


def _is_this_machine(host: str) -> bool:
    try:
        return is_this_machine(host)
    except ValueError as error:
        raise ConfigurationError(
            f"SITREP_PUSH_HOST: write an address of this machine like 0.0.0.0 (it is '{host}')"
        ) from error
