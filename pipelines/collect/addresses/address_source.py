"""What the kinds that ask an address share: who is asked, by which connection, and what stays.

An address can only be read: what it gave and must not be kept cannot be removed there.
"""

import re
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, field_validator, model_validator

from pipelines.base.connections import NAME_PATTERN
from pipelines.collect.collected_source import CollectedSource, CopiesStay
from pipelines.registry.held_secrets import INSTEAD, secret_in

if TYPE_CHECKING:
    from pipelines.collect.addresses.http_client import HttpClient
    from pipelines.collect.checks import SourceCheck
    from pipelines.landing.landing import Manifest

_THIS_MACHINE = ("localhost", "127.0.0.1", "::1")


class AddressSource(CollectedSource):
    """A source that is asked at an address."""

    if TYPE_CHECKING:
        # Each kind has them as fields of its own.
        address: str
        file_name: str

    endpoint: str = Field(
        default="",
        description="The feeds with the same one are asked by one task, one after the other; "
        "default: the address's scheme and host.",
    )
    connection: str | None = Field(
        default=None,
        pattern=NAME_PATTERN,
        description="Name of the connection, whose password is the bearer token, or has a login "
        "or a client certificate: AIRFLOW_CONN_<NAME>, or Airflow's own.",
    )
    timeout_seconds: float = Field(
        default=20.0, gt=0, le=60, description="Longest time that one answer may take."
    )

    @field_validator("address", check_fields=False)
    @classmethod
    def _is_safe_to_ask(cls, address: str) -> str:
        parts = urlsplit(address)
        if not parts.hostname or parts.scheme not in ("https", "http"):
            raise ValueError("must use https:// (http:// only for localhost)")
        if parts.scheme == "http" and parts.hostname not in _THIS_MACHINE:
            raise ValueError("must use https:// (http:// only for localhost)")
        if "@" in parts.netloc or secret_in(address) is not None:
            raise ValueError(f"holds a secret; {INSTEAD}")
        return address

    @field_validator("file_name", check_fields=False)
    @classmethod
    def _is_plain_name(cls, file_name: str) -> str:
        if re.search(r"[/\\]", file_name):
            raise ValueError("a name without folders")
        return file_name

    @model_validator(mode="before")
    @classmethod
    def _names_endpoint(cls, content: Any) -> Any:
        if not isinstance(content, dict) or content.get("endpoint"):
            return content
        address = content.get("address")
        parts = urlsplit(address) if isinstance(address, str) else None
        host = parts.netloc.rpartition("@")[2] if parts else ""
        return {**content, "endpoint": f"{parts.scheme}://{host}" if parts else ""}

    @model_validator(mode="after")
    def _has_endpoint(self) -> Self:
        if "://" not in self.endpoint:
            raise ValueError("endpoint: has a scheme, as in https://trusts.example.nhs.uk")
        return self

    def client(self, tries: int = 3) -> "HttpClient":
        """The connection to the source; raises `ConfigurationError` without its secret."""
        # Not above: no folder needs an HTTP client.
        from pipelines.collect.addresses.http_client import HttpClient

        return HttpClient(self.timeout_seconds, self.connection, tries)

    @abstractmethod
    def addresses_to_try(self, home: Path) -> Sequence[str]:
        """The addresses that are likeliest to give something now, the likeliest first."""

    def drop_copies(self, home: Path, manifests: Sequence["Manifest"]) -> int:
        """Zero; raises `CopiesStay` for what came from here, which can only be read."""
        own = self._origin(self.address)
        stay = [one for one in manifests if self._origin(one.source) == own]
        if stay:
            raise CopiesStay(
                f"{own} can only be read: its owner has to remove what it gave",
                [one.delivery_id for one in stay],
            )
        return 0

    def check(self, home: Path) -> Iterator["SourceCheck"]:
        """The name, the way there, both certificates, the credential and the answer are tried."""
        from pipelines.collect.addresses.address_checks import check_address

        return check_address(self, self.addresses_to_try(home))

    @classmethod
    def _at_origin(cls, kind: str, endpoint: str) -> Self | None:
        """The source at what is left of an address; None where that is none."""
        origin = cls._origin(endpoint)
        try:
            return cls(kind=kind, address=f"{origin}/", file_name="unknown") if origin else None
        except ValidationError:
            return None

    @staticmethod
    def _origin(address: str) -> str:
        """Scheme, host and port of the address; empty where it is none."""
        try:
            parts = urlsplit(address)
        except ValueError:
            return ""
        return f"{parts.scheme}://{parts.netloc}" if parts.scheme in ("https", "http") else ""
