"""Certificates of an authority of the tests, and contexts of servers that show or demand them."""

import ssl
from datetime import datetime
from pathlib import Path

import trustme

BEGIN, END = datetime(2020, 1, 1), datetime(2021, 1, 1)
"""Of a certificate that has expired."""


def text_of(blob: trustme.Blob) -> str:
    return blob.bytes().decode()


class Authority:
    """An authority, and what it has issued."""

    def __init__(self) -> None:
        self._own = trustme.CA(organization_name="Trust authority")
        self.pem = text_of(self._own.cert_pem)

    def issue(self, *names: str, is_expired: bool = False) -> trustme.LeafCert:
        if not is_expired:
            return self._own.issue_cert(*names, common_name=names[0])
        return self._own.issue_cert(*names, common_name=names[0], not_before=BEGIN, not_after=END)

    def client(self, name: str = "uec-feeds", *, is_expired: bool = False) -> dict[str, str]:
        """What a connection says of a certificate that this side shows."""
        leaf = self.issue(name, is_expired=is_expired)
        return {
            "ca": self.pem,
            "client_certificate": text_of(leaf.cert_chain_pems[0]),
            "client_key": text_of(leaf.private_key_pem),
        }

    def server(
        self, *names: str, demands: bool = False, is_expired: bool = False
    ) -> ssl.SSLContext:
        """A server's context for these hosts; one that `demands` lets only its own clients in."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.issue(*(names or ("localhost",)), is_expired=is_expired).configure_cert(context)
        if demands:
            self._own.configure_trust(context)
            context.verify_mode = ssl.CERT_REQUIRED
        return context


def in_files(extra: dict[str, str], folder: Path) -> dict[str, str]:
    """The same with paths of files in place of the texts."""
    paths = {}
    for word, text in extra.items():
        paths[word] = str(folder / f"{word}.pem")
        Path(paths[word]).write_text(text)
    return paths
