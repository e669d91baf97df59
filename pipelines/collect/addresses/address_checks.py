"""Tries an address step by step, with words for what whoever set it up got wrong."""

import socket
import ssl
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Protocol
from urllib.request import getproxies, proxy_bypass

from pipelines.base.clock import now
from pipelines.base.connections import Connection, find_connection, variable
from pipelines.base.errors import ConfigurationError, SourceUnavailable
from pipelines.collect.addresses.asking import NoAccess, SlotRefused
from pipelines.collect.addresses.certificates import own_certificate
from pipelines.collect.addresses.http_answers import NOT_THERE, HttpAnswer, plain
from pipelines.collect.addresses.tls_faults import fault_of, place_of
from pipelines.collect.checks import SourceCheck, Step

if TYPE_CHECKING:
    from pipelines.collect.addresses.http_client import HttpClient

_CONNECT_SECONDS = 10.0
_PAGE_MARKS = (b"<!doctype html", b"<html")


class TriedAddress(Protocol):
    """A source that is asked at an address."""

    @property
    def address(self) -> str:
        """Where it is."""

    @property
    def connection(self) -> str | None:
        """Name of its connection."""

    def client(self, tries: int = 3) -> "HttpClient":
        """A connection; raises `ConfigurationError` without its secret."""


def check_address(source: TriedAddress, addresses: Sequence[str]) -> Iterator[SourceCheck]:
    """The steps from the connection to an answer, up to the first that fails."""
    try:
        connection = find_connection(source.connection) if source.connection else None
        client = source.client(tries=1)
        own = own_certificate(connection)
    except ConfigurationError as error:
        yield SourceCheck(Step.CONNECTION, False, str(error))
        return
    with client:
        shown = f"shows the client certificate {own}" if own else "shows no client certificate"
        if own and own.valid_until <= now():
            yield SourceCheck(
                Step.CONNECTION, False, f"{shown}, which has expired. Have it renewed."
            )
            return
        where = variable(connection.name) if connection else "no connection is named"
        yield SourceCheck(Step.CONNECTION, True, f"{where}; {shown}")
        for one in _reach(source.address, client.context, connection):
            yield one
            if not one.is_fine:
                return
        yield from _ask(client, addresses)


def _reach(
    address: str, context: ssl.SSLContext, connection: Connection | None
) -> Iterator[SourceCheck]:
    """The host has an address, somebody answers there, and is who it should be."""
    host, port = place_of(address)
    scheme = address.partition(":")[0]
    if (proxy := getproxies().get(scheme)) and not proxy_bypass(host):
        yield SourceCheck(
            Step.NAME, True, f"{host} is asked by the proxy {proxy.rpartition('@')[2]}"
        )
        return
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        yield SourceCheck(
            Step.NAME,
            False,
            f"The host '{host}' is not known. Check its name in the address.",
        )
        return
    yield SourceCheck(Step.NAME, True, f"{host} is {found[0][4][0]}")
    try:
        with socket.create_connection((host, port), _CONNECT_SECONDS) as plain_socket:
            if scheme == "https":
                with context.wrap_socket(plain_socket, server_hostname=host):
                    pass
    except ssl.SSLError as error:
        fault = fault_of(error, (host, port), connection)
        told = fault.told if fault else f"breaks off the handshake of TLS ({error.reason})."
        step = Step.SIGN_IN if fault and fault.is_own else Step.CONNECT
        yield SourceCheck(step, False, f"{host}:{port} {told}")
        return
    except OSError as error:
        yield SourceCheck(
            Step.CONNECT,
            False,
            f"Nobody answers at {host}, port {port} ({error.strerror or error}). Check the port in "
            "the address, and whether a firewall lets us through.",
        )
        return
    yield SourceCheck(Step.CONNECT, True, f"{host} answers at port {port}")


def _ask(client: "HttpClient", addresses: Sequence[str]) -> Iterator[SourceCheck]:
    """Whoever asks is let in, and one of the addresses gives something that can be read."""
    answer: HttpAnswer | None = None
    asked = 0
    for address in addresses:
        try:
            answer = client.get(address)
        except NoAccess as error:
            yield SourceCheck(Step.SIGN_IN, False, str(error))
            return
        except (SlotRefused, SourceUnavailable) as error:
            yield SourceCheck(Step.SIGN_IN, True, "the credential is not refused")
            yield SourceCheck(Step.READ, False, str(error))
            return
        asked += 1
        if answer.status != NOT_THERE:
            break
    yield SourceCheck(Step.SIGN_IN, True, "the credential is not refused")
    if answer is None:
        yield SourceCheck(Step.READ, False, "No feed asks it yet, so that there is nothing to try.")
        return
    yield _judge(answer, asked)


def _judge(answer: HttpAnswer, asked: int) -> SourceCheck:
    shown = plain(answer.address)
    if answer.status == NOT_THERE:
        often = f" for each of the last {asked}" if asked > 1 else ""
        told = f"{shown} answered 404{often}: nothing stands there. Check the path in the address."
        return SourceCheck(Step.READ, False, told)
    if answer.content is None:
        return SourceCheck(Step.READ, True, f"{shown} answered {answer.status}: nothing there yet")
    if answer.content.lstrip()[:20].lower().startswith(_PAGE_MARKS):
        return SourceCheck(
            Step.READ,
            False,
            f"{shown} gives a web page, perhaps one to sign in. Check the path and the connection.",
        )
    return SourceCheck(Step.READ, True, f"{shown}: {len(answer.content):,} bytes")
