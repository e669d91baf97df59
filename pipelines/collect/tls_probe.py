"""Whether it is the client certificate that a server of TLS turns away.

Under TLS 1.3 a client learns of it only after the handshake, and many servers then close the
connection without a word: it looks like a fault of the network.
"""

import socket
import ssl
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

_SECONDS = 3.0
"""A server that is content waits for a request; one that is not closes at once."""


def end_of(certificate: str) -> datetime:
    """The time in UTC until which the certificate in that file is good.

    Raises `ValueError` where none is in it.
    """
    from cryptography import x509

    return x509.load_pem_x509_certificate(Path(certificate).read_bytes()).not_valid_after_utc


def is_turned_away(address: str, certificate: str, key: str) -> bool:
    """Whether the server at the https address closes as soon as it has seen our certificate.

    Nothing is sent beside it, so that the server's own need not be verified.
    """
    parts = urlsplit(address)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if certificate:
        context.load_cert_chain(certificate, key or None)
    host = parts.hostname or ""
    try:
        with (
            socket.create_connection((host, parts.port or 443), _SECONDS) as plain,
            context.wrap_socket(plain, server_hostname=host) as secured,
        ):
            secured.settimeout(_SECONDS)
            return secured.recv(1) == b""
    except TimeoutError:
        return False
    except ssl.SSLError:
        return True
    except OSError:
        return False
