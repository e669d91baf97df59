"""Tells a fault of certificates, which no retry cures, from one of the network.

A server that refuses a client's certificate says so after the handshake of TLS 1.3 is over for the
client: an HTTP library has sent its request by then, and often sees only that the connection was
reset. Whoever asks again, silently and without a request, hears the reason.
"""

import socket
import ssl
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

from pipelines.base.connections import Connection, variable
from pipelines.collect.addresses.certificates import CertificateFacts, facts_of, own_certificate

_PROBE_SECONDS = 5.0
_LISTEN_SECONDS = 3.0
"""A refusal comes with the end of the handshake; a server that accepts says nothing."""
_EXPIRED, _NOT_YET_VALID = 10, 9
_OTHER_NAMES = (62, 64)
_NOT_TRUSTED = (2, 18, 19, 20, 21, 27)
_REFUSALS = ("CERTIFICATE", "UNKNOWN_CA", "ACCESS_DENIED", "DECRYPT_ERROR", "HANDSHAKE_FAILURE")
_NO_TLS = ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE", "UNKNOWN_PROTOCOL")


@dataclass(frozen=True, slots=True)
class TlsFault:
    """Why two sides did not come to trust each other."""

    told: str
    """Follows the address in a sentence, and says what to do."""
    is_own: bool
    """It is about the certificate of this side."""


def place_of(address: str) -> tuple[str, int]:
    """Host and port of the address."""
    parts = urlsplit(address)
    return parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)


def tls_fault(error: BaseException, address: str, connection: Connection | None) -> TlsFault | None:
    """What of certificates the error says; None where it says nothing of them."""
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLError):
            return fault_of(cause, place_of(address), connection)
    return None


def fault_of(
    error: ssl.SSLError, place: tuple[str, int], connection: Connection | None
) -> TlsFault | None:
    """What the error says of certificates; None where it says nothing of them."""
    reason = error.reason or ""
    if isinstance(error, ssl.SSLCertVerificationError):
        return TlsFault(_told_of_server(error, place, connection), is_own=False)
    if "ALERT" in reason and any(word in reason for word in _REFUSALS):
        return TlsFault(_told_of_own(reason, connection), is_own=True)
    if reason in _NO_TLS:
        return TlsFault(
            f"does not speak TLS at port {place[1]}. Check the port and https:// of the address.",
            is_own=False,
        )
    return None


def listen_for_refusal(
    place: tuple[str, int], context: ssl.SSLContext, connection: Connection | None
) -> TlsFault | None:
    """Why the server refuses the handshake; None where it does not, or cannot be reached."""
    try:
        with (
            socket.create_connection(place, _PROBE_SECONDS) as plain,
            context.wrap_socket(plain, server_hostname=place[0]) as secure,
        ):
            secure.settimeout(_LISTEN_SECONDS)
            secure.recv(1)
    except ssl.SSLError as error:
        return fault_of(error, place, connection)
    except (OSError, ValueError):
        return None
    return None


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _told_of_server(
    error: ssl.SSLCertVerificationError, place: tuple[str, int], connection: Connection | None
) -> str:
    shown = _shown_by(place)
    whose = f" ({shown})" if shown else ""
    code = error.verify_code
    if code == _EXPIRED:
        return f"shows a certificate that has expired{whose}. Its owner has to renew it."
    if code == _NOT_YET_VALID:
        since = f" before {shown.valid_from:%Y-%m-%d %H:%MZ}" if shown else ""
        return f"shows a certificate that is not valid{since}{whose}. Check both clocks."
    if code in _OTHER_NAMES:
        names = ", ".join(shown.names[:5]) if shown and shown.names else "other names"
        return f"shows a certificate for {names}{whose}. Check the host in the address."
    if code in _NOT_TRUSTED:
        issuer = f" (issued by '{shown.issuer}')" if shown else ""
        where = variable(connection.name) if connection else "a connection"
        return (
            f"shows a certificate that nobody trusted here has signed{issuer}. If that is right, "
            f"put its authority's certificate under 'ca' in the extra of {where}."
        )
    return f"shows a certificate that is not accepted: {error.verify_message}{whose}."


def _told_of_own(reason: str, connection: Connection | None) -> str:
    own = own_certificate(connection)
    where = variable(connection.name) if connection else "a connection of the feed's source"
    if own is None:
        return (
            "asks for a client certificate. Put 'client_certificate' and 'client_key' into the "
            f"extra of {where}."
        )
    why = "expired" if "EXPIRED" in reason else reason.rpartition("ALERT_")[2].lower()
    return (
        f"refuses the client certificate {own} ({why.replace('_', ' ')}). Have it renewed, or "
        f"accepted by the provider, and put it into the extra of {where}."
    )


def _shown_by(place: tuple[str, int]) -> CertificateFacts | None:
    """The certificate that the server shows; nothing is sent to it and nothing believed."""
    with suppress(OSError, ValueError):
        return facts_of(ssl.get_server_certificate(place, timeout=_PROBE_SECONDS).encode())
    return None
