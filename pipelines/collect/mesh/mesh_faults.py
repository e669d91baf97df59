"""What goes wrong with MESH, in words: what it is likely to be, and which setting to look at.

MESH answers a wrong mailbox, a wrong password and a wrong shared key alike, with 403. The errors of
its libraries may quote addresses and texts of the server: none of them goes further than this.
"""

import ssl
import time
from email.utils import parsedate_to_datetime

import requests
import urllib3

from pipelines.base.connections import Connection, variable
from pipelines.base.errors import SourceUnavailable
from pipelines.base.outgoing import one_line
from pipelines.collect.addresses.asking import NoAccess

_MAY_HEAL = (408, 425, 429)
_GONE = (404, 410)
_MOST_SECONDS_OFF = 30 * 60.0
"""MESH refuses tokens that are hours old; a clock that is right is seconds off."""
_MOST_RETRY_AFTER = 30.0
"""Seconds; a longer wait is left to the next run."""
_CERTIFICATES = {
    "alert certificate expired": "refuses the client certificate, which has expired. Renew it",
    "alert certificate revoked": "refuses the client certificate, which was revoked. Renew it",
    "certificate required": "wants a client certificate. Put `client_certificate` and `client_key`"
    " into the extra",
    "handshake failure": "refuses the client certificate, or wants one. Check "
    "`client_certificate` and `client_key` in the extra",
    "alert": "refuses the client certificate. Check that `client_certificate` in the extra is the "
    "one that MESH gave out for this environment",
    "certificate has expired": "shows a certificate that has expired. Its owner has to renew it; "
    "check this machine's clock too",
    "hostname mismatch": "shows a certificate of another host. Check the host",
    "ip address mismatch": "shows a certificate of another host. Check the host",
    "verify failed": "shows a certificate that is not trusted. Put the authority that signed it "
    "into `ca` of the extra, or check the host",
    "wrong version number": "does not speak https. Check the scheme and the port of the host",
}
"""What stands in an error of TLS → what it means; the first that fits counts."""

_NOT_REACHED = {
    "ConnectionRefusedError": "refuses the connection: nothing listens there",
    "NameResolutionError": "is not found: its name has no address",
    "ConnectTimeoutError": "does not answer within the time that it has",
    "NewConnectionError": "cannot be reached",
}
"""Name of an error of the network → what it means; the first that is among the causes counts."""


class MessageGone(Exception):
    """The mailbox has no such message any more: it was acknowledged, or has expired."""


class MessageRefused(Exception):
    """MESH does not take the message that is sent."""


class MeshTryAgain(Exception):
    """Why a call failed that the next try may cure."""

    def __init__(
        self, why: str, *, is_reached: bool = True, is_torn: bool = False, wait_seconds: float = 0.0
    ) -> None:
        """`why` goes on from the address."""
        super().__init__(why)
        self.is_reached = is_reached
        """The server answers; what failed is this one call."""
        self.is_torn = is_torn
        self.wait_seconds = wait_seconds


class CallBroken(SourceUnavailable):
    """MESH answers, but did not answer this call, in however many tries."""

    def __init__(self, told: str, why: str, *, is_torn: bool = False) -> None:
        super().__init__(told)
        self.why = why
        """In a few words, for what the call was about."""
        self.is_torn = is_torn
        """The answer came, and what it holds is not whole."""


def fault_of(connection: Connection, address: str, error: Exception) -> Exception:
    """What is raised in place of a library's error."""
    if isinstance(error, requests.HTTPError) and error.response is not None:
        return fault_of_answer(connection, address, error.response)
    if told := _certificate_fault(error):
        return NoAccess(f"{address} {told}: {where(connection)}.")
    if isinstance(error, requests.ConnectTimeout):
        return MeshTryAgain("does not answer within the time that it has", is_reached=False)
    if isinstance(error, requests.Timeout | urllib3.exceptions.ReadTimeoutError):
        return MeshTryAgain("broke off: no answer in the time that it has")
    if isinstance(error, requests.ConnectionError):
        return _connection_fault(error)
    if isinstance(error, requests.exceptions.ChunkedEncodingError | urllib3.exceptions.HTTPError):
        return MeshTryAgain("broke off its answer")
    return MeshTryAgain(f"gave an answer that is none of MESH ({type(error).__name__}); check the "
                        "host of the connection")  # fmt: skip


def fault_of_answer(connection: Connection, address: str, answer: requests.Response) -> Exception:
    """What is raised for an answer that is no good one."""
    status, said = answer.status_code, what_it_says(answer)
    if status in (401, 403):
        return NoAccess(_refused(connection, address, answer, said))
    if status in _GONE:
        return MessageGone(said)
    told = f"answered {status}" + (f" ({said})" if said else "")
    if status in _MAY_HEAL or status >= 500:
        return MeshTryAgain(told, wait_seconds=_retry_after(answer))
    return CallBroken(
        f"{address} {told}. Check the host of the connection: {where(connection)}.", f"MESH {told}"
    )


def what_it_says(answer: requests.Response) -> str:
    """The words of an answer of MESH that is an error, in a line; empty where it has none."""
    try:
        content = answer.json()
    except (ValueError, requests.RequestException):
        return ""
    if not isinstance(content, dict):
        return ""
    detail = content.get("detail")
    first = detail[0] if isinstance(detail, list) and detail else detail
    said = first.get("msg") if isinstance(first, dict) else first
    return one_line(str(said or content.get("errorDescription") or ""))


def where(connection: Connection) -> str:
    """Where the connection is looked after."""
    return f"the connection '{connection.name}' ({variable(connection.name)}, or Airflow's own)"


def turned_away(connection: Connection, address: str) -> str:
    """What is told of a server that closes as soon as it has seen our certificate."""
    if not connection.text("client_certificate"):
        return f"{address} {_CERTIFICATES['certificate required']}: {where(connection)}."
    return f"{address} {_CERTIFICATES['alert']}: {where(connection)}."


def _refused(connection: Connection, address: str, answer: requests.Response, said: str) -> str:
    told = f"{address} lets mailbox '{one_line(connection.login)}' not in ({answer.status_code}"
    told += f", '{said}'). " if said else "). "
    place = f"See {where(connection)}."
    low = said.casefold()
    if off := _clock_off(answer):
        return f"{told}This machine's clock is {off} off, so that no token is good: set it. {place}"
    if "mailbox match" in low or "inactive" in low:
        return f"{told}There is no such mailbox there: check the login (the mailbox's id). {place}"
    if connection.login != connection.login.upper():
        return f"{told}Ids of mailboxes are in capitals: check the login. {place}"
    if connection.password == connection.text("shared_key"):
        return f"{told}The password and the shared key are the same text: one is wrong. {place}"
    return (
        f"{told}Most likely the password is not the mailbox's own, or has been changed. Where "
        "other mailboxes of this environment are refused too, it is `shared_key`: there is one for "
        f"each environment (integration, live). Where both are right, the login is wrong. {place}"
    )


def _clock_off(answer: requests.Response) -> str:
    try:
        theirs = parsedate_to_datetime(answer.headers.get("Date", "")).timestamp()
    except (ValueError, TypeError):
        return ""
    # The system's own clock, as it is what mesh-client writes into a token.
    off = abs(time.time() - theirs)
    return f"{off / 60:.0f} minutes" if off > _MOST_SECONDS_OFF else ""


def _certificate_fault(error: Exception) -> str:
    """What is wrong with a certificate; empty where none is to blame."""
    reasons = [one for one in _causes(error) if isinstance(one, ssl.SSLError)]
    text = " ".join(str(one) for one in (*reasons, error)).casefold()
    if not reasons and not isinstance(error, requests.exceptions.SSLError):
        return ""
    if "eof occurred" in text or "timed out" in text:
        return ""
    return next((told for mark, told in _CERTIFICATES.items() if mark in text),
                "and this machine cannot agree on how to encrypt")  # fmt: skip


def _connection_fault(error: Exception) -> Exception:
    names = {type(one).__name__ for one in _causes(error)}
    for name, told in _NOT_REACHED.items():
        if name in names:
            return MeshTryAgain(told, is_reached=False)
    return MeshTryAgain("broke off its answer")


def _causes(error: BaseException) -> list[BaseException]:
    """The error, and those that it was raised for or carries."""
    found: list[BaseException] = []
    waiting: list[object] = [error]
    while waiting and len(found) < 20:
        one = waiting.pop(0)
        if isinstance(one, BaseException) and one not in found:
            found.append(one)
            waiting += [*one.args, getattr(one, "reason", None), one.__cause__, one.__context__]
    return found


def _retry_after(answer: requests.Response) -> float:
    told = answer.headers.get("Retry-After", "").strip()
    return min(float(told), _MOST_RETRY_AFTER) if told.isascii() and told.isdigit() else 0.0
