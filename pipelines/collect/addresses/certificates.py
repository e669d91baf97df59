"""Certificates of connections: who is trusted, and what this side shows of itself.

A connection's extra has `ca`, `client_certificate`, `client_key` and `client_key_passphrase`; each
of the first three is PEM text or the path of a file that holds it. A key that came as text never
stands on a disk: OpenSSL reads files only, so that it gets one in memory, which is gone at once.
"""

import hashlib
import ssl
from collections import OrderedDict
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING

from pipelines.base.connections import Connection
from pipelines.collect.pem_files import in_memory, pem_of, unusable

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

AUTHORITY, CERTIFICATE = "ca", "client_certificate"
KEY, PASSPHRASE = "client_key", "client_key_passphrase"
_MOST_CONTEXTS = 64

_contexts: OrderedDict[bytes, ssl.SSLContext] = OrderedDict()
"""By the hash of what they were made of, so that a renewed certificate is a new one."""


@dataclass(frozen=True, slots=True)
class CertificateFacts:
    """What is told of a certificate; nothing of it is secret."""

    subject: str
    issuer: str
    valid_from: datetime
    valid_until: datetime
    names: tuple[str, ...]
    """Hosts that it is for, where it says so."""

    def __str__(self) -> str:
        """Whose it is and until when it is valid."""
        return f"'{self.subject}', valid until {self.valid_until:%Y-%m-%d %H:%MZ}"


def shows_certificate(connection: Connection | None) -> bool:
    """Whether this side shows a certificate of its own."""
    return connection is not None and bool(connection.text(CERTIFICATE))


def context_for(connection: Connection | None) -> ssl.SSLContext:
    """Whom a connection trusts and what it shows; the public authorities are trusted without `ca`.

    Raises `ConfigurationError` where a certificate or key cannot be used.
    """
    if connection is None:
        return _trusted()
    authority, certificate, key = (
        pem_of(connection, word) for word in (AUTHORITY, CERTIFICATE, KEY)
    )
    if key and not certificate:
        raise unusable(connection, KEY, f"stands there without '{CERTIFICATE}'")
    if not (authority or certificate):
        return _trusted()
    passphrase = connection.text(PASSPHRASE).encode()
    digest = hashlib.sha256()
    for part in (authority, certificate, key, passphrase):
        digest.update(hashlib.sha256(part).digest())
    known = _contexts.get(digest.digest())
    if known is None:
        known = _trusting(connection, authority)
        if certificate:
            _show(connection, known, (certificate, key), passphrase)
        _contexts[digest.digest()] = known
        if len(_contexts) > _MOST_CONTEXTS:
            _contexts.popitem(last=False)
    return known


def own_certificate(connection: Connection | None) -> CertificateFacts | None:
    """What this side shows; None where it shows none. Raises `ConfigurationError`."""
    if connection is None or not shows_certificate(connection):
        return None
    try:
        return facts_of(pem_of(connection, CERTIFICATE))
    except ValueError:
        raise unusable(connection, CERTIFICATE, "is no certificate in PEM") from None


def facts_of(pem: bytes) -> CertificateFacts:
    """What the first certificate says of itself; raises `ValueError` where it is none."""
    # Not above: hardly a feed needs it.
    from cryptography import x509

    one = x509.load_pem_x509_certificate(pem)
    return CertificateFacts(
        one.subject.rfc4514_string() or "(no name)",
        one.issuer.rfc4514_string() or "(no name)",
        one.not_valid_before_utc,
        one.not_valid_after_utc,
        _names_of(one),
    )


def _names_of(one: "Certificate") -> tuple[str, ...]:
    from cryptography import x509

    try:
        names = one.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError):
        return ()
    hosts = names.get_values_for_type(x509.DNSName)
    return (*hosts, *map(str, names.get_values_for_type(x509.IPAddress)))


@cache
def _trusted() -> ssl.SSLContext:
    """The public authorities; to read them takes longer than a request."""
    import httpx

    return httpx.create_ssl_context()


def _trusting(connection: Connection, authority: bytes) -> ssl.SSLContext:
    """A context of its own, that trusts these authorities only where they are told."""
    import httpx

    if not authority:
        return httpx.create_ssl_context()
    try:
        return ssl.create_default_context(cadata=authority.decode("ascii"))
    except (ssl.SSLError, ValueError):
        raise unusable(connection, AUTHORITY, "is no certificate in PEM") from None


def _show(
    connection: Connection,
    context: ssl.SSLContext,
    certificate_and_key: tuple[bytes, bytes],
    passphrase: bytes,
) -> None:
    certificate, key = certificate_and_key
    with ExitStack() as stack:
        shown = stack.enter_context(in_memory(certificate))
        private = stack.enter_context(in_memory(key)) if key else None
        try:
            # Without a passphrase OpenSSL would ask for one at the terminal, and wait.
            context.load_cert_chain(shown, private, password=lambda: passphrase)
        except (ssl.SSLError, OSError, ValueError) as error:
            word, why = _why_not(error, certificate, key, passphrase)
        else:
            return
    raise unusable(connection, word, why)


def _why_not(
    error: Exception, certificate: bytes, key: bytes, passphrase: bytes
) -> tuple[str, str]:
    """Which word of the connection is at fault, and why."""
    try:
        facts_of(certificate)
    except ValueError:
        return CERTIFICATE, "is no certificate in PEM"
    if getattr(error, "reason", None) == "KEY_VALUES_MISMATCH":
        return KEY, f"is not the key of '{CERTIFICATE}'"
    private = key or certificate
    if b"PRIVATE KEY" not in private:
        return KEY, "has no private key in PEM"
    if b"ENCRYPTED" in private:
        return PASSPHRASE, "does not open the key" if passphrase else "is missing: the key has one"
    return KEY, "is no private key in PEM that can be used"
