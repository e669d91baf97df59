"""Calls to one MESH mailbox: each signed anew, bounded in time and tries, its errors in words.

mesh-client signs, and knows the addresses and authorities of MESH. Its own retries send one token
again, each of which is good once, and its timeout is ten minutes: both are ours.
"""

import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from itertools import islice
from types import TracebackType
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

import requests
import tenacity
import urllib3
from mesh_client import MeshClient

from pipelines.base.clock import now
from pipelines.base.connections import Connection
from pipelines.base.errors import ConfigurationError, SourceUnavailable
from pipelines.collect.addresses.asking import NoAccess
from pipelines.collect.calls_in_time import in_time
from pipelines.collect.mesh.mesh_faults import (
    CallBroken,
    MeshTryAgain,
    MessageGone,
    MessageRefused,
    fault_of,
    fault_of_answer,
    turned_away,
    what_it_says,
    where,
)
from pipelines.collect.pem_files import pem_file
from pipelines.collect.tls_probe import end_of, is_turned_away

_CONNECT_SECONDS, _ANSWER_SECONDS = 10.0, 20.0
_LONGEST_SECONDS = 90.0
"""Of one try. The times above are those of one silence: what drips is never silent."""
_TRIES = 3
_MOST_IDS = 100_000
"""Messages of one listing; more wait for the next. A listing that never ends is cut here."""
_LONGEST_HEADER = 300
"""Of a name, as MESH takes it."""
_THIS_MACHINE = ("localhost", "127.0.0.1", "::1")
_NO_MAILBOX_OR_WORKFLOW = (400, 404, 406, 413, 417, 422)

sleep = time.sleep
Result = TypeVar("Result")


class MailboxCalls(AbstractContextManager["MailboxCalls"]):
    """A mailbox that can be asked; raises `ConfigurationError` where its connection lacks a part.

    What a call raises: `NoAccess` where MESH lets nobody in, `SourceUnavailable` where it is not
    reached, `CallBroken` where it answers and this call fails all the same.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.address = address_of(connection)
        self._stack = ExitStack()
        self._certificate = ("", "")
        """Paths of our certificate and its key; empty where there is none."""
        self._has_answered = False
        try:
            self._client = self._stack.enter_context(self._made())
        except BaseException:
            self._stack.close()
            raise

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    def ping(self) -> None:
        """Something answers there as MESH does."""
        self._ask(lambda: self._client.ping())

    def sign_in(self) -> None:
        """MESH lets the mailbox in."""
        self._ask(lambda: cast(Any, self._client).handshake())

    def message_ids(self) -> list[str]:
        """The ids of all messages that wait, in the order in which MESH lists them."""
        listed = self._ask(lambda: list(islice(self._client.iterate_message_ids(), _MOST_IDS)))
        return list(dict.fromkeys(str(one) for one in listed))

    @contextmanager
    def part(self, message_id: str, number: int) -> Iterator[requests.Response]:
        """A part of the message, its body still to be read; tried once.

        Raises `MeshTryAgain` or `MessageGone`: within an `attempt`.
        """
        with self._judged():
            answer = self._client.retrieve_message_chunk(message_id, number)
            try:
                yield answer
            finally:
                answer.close()

    def acknowledge(self, message_id: str) -> None:
        """The mailbox does not have the message any more; or raises `MessageGone`."""
        self.attempt(lambda: self._client.acknowledge_message(message_id))

    def send(self, recipient: str, workflow_id: str, content: bytes, **told: str) -> None:
        """The message is on its way; `told` are its filename, subject and local_id.

        Raises `MessageRefused` where MESH does not take it.
        """
        words = {word: _as_header(text) for word, text in told.items() if text}

        def send_once() -> None:
            answer = self._client.send_chunk(
                recipient, content, 1, 1, compress=False, workflow_id=workflow_id, **words
            )
            if answer.status_code in _NO_MAILBOX_OR_WORKFLOW:
                said = what_it_says(answer) or "it does not say why"
                raise MessageRefused(
                    f"MESH does not take it for mailbox '{recipient}' with workflow id "
                    f"'{workflow_id}' ({answer.status_code}, '{said}'). Check both in the feed's "
                    "file; sender and recipient have to be registered for the workflow"
                )
            if answer.status_code not in (200, 202):
                raise fault_of_answer(self.connection, self.address, answer)

        self.attempt(send_once)

    def attempt(
        self, call: Callable[[], Result], within_seconds: float = _LONGEST_SECONDS
    ) -> Result:
        """What the call gives, in three tries at most, each with a token and time of its own."""
        tries = tenacity.Retrying(
            stop=tenacity.stop_after_attempt(_TRIES),
            wait=_pause_before_next,
            retry=tenacity.retry_if_exception_type(MeshTryAgain),
            sleep=lambda seconds: sleep(seconds),
            reraise=True,
        )
        try:
            result: Result = tries(self._once, call, within_seconds)
            self._has_answered = True
            return result
        except MeshTryAgain as error:
            told = f"{self.address} {error}. See {where(self.connection)}."
            if error.is_reached and self._is_turned_away():
                raise NoAccess(turned_away(self.connection, self.address)) from None
            if error.is_reached:
                raise CallBroken(told, f"MESH {error}", is_torn=error.is_torn) from None
            raise SourceUnavailable(told) from None

    def _once(self, call: Callable[[], Result], within_seconds: float) -> Result:
        with self._judged():
            try:
                return in_time(call, within_seconds)
            except TimeoutError:
                # The old client is still busy with that call.
                self._client = self._stack.enter_context(self._made())
                raise MeshTryAgain(f"was not done within {within_seconds:g} seconds") from None

    def _ask(self, call: Callable[[], Result]) -> Result:
        """What the call, which is about no message, gives."""
        try:
            return self.attempt(call)
        except MessageGone:
            why = "knows no such address of MESH: check the host"
            told = f"{self.address} {why}. See {where(self.connection)}."
            raise CallBroken(told, why) from None

    def _is_turned_away(self) -> bool:
        """Whether no call has been answered, and that for our certificate."""
        is_new = self.address.startswith("https://") and not self._has_answered
        return is_new and is_turned_away(self.address, *self._certificate)

    @contextmanager
    def _judged(self) -> Iterator[None]:
        """Errors of the library come as ours; they may quote what was sent."""
        try:
            yield
        except (
            requests.RequestException,
            urllib3.exceptions.HTTPError,
            OSError,
            ValueError,
            KeyError,
        ) as error:
            raise fault_of(self.connection, self.address, error) from None

    def _made(self) -> MeshClient:
        connection = self.connection
        shared_key = connection.needed("shared_key", "the environment's shared key")
        for word, value in (("login", connection.login), ("password", connection.password)):
            if not value:
                told = "the mailbox's id" if word == "login" else "the mailbox's password"
                raise ConfigurationError(f"No {word}, which is {told}, in {where(connection)}.")
        if not (connection.login + connection.password).isascii():
            raise ConfigurationError(
                f"The login or the password has letters that no mailbox's has: {where(connection)}."
            )
        certificate, key, authority = (
            self._stack.enter_context(pem_file(connection, word))
            for word in ("client_certificate", "client_key", "ca")
        )
        try:
            # mesh-client would leave a half-made client behind.
            _try_certificates(certificate, key, authority)
            ended_at = end_of(certificate) if certificate else None
            if ended_at is not None and ended_at <= now():
                raise ConfigurationError(
                    f"The client certificate has expired ({ended_at:%Y-%m-%d}): renew it, and put "
                    f"it into `client_certificate` of the extra in {where(connection)}."
                )
            self._certificate = (certificate, key or certificate)
            return MeshClient(
                self.address,
                connection.login,
                connection.password,
                shared_key=shared_key.encode(),
                cert=(certificate, key or certificate) if certificate else None,
                verify=authority or None,
                max_retries=0,
                timeout=cast(Any, (_CONNECT_SECONDS, _ANSWER_SECONDS)),
                application_name="uec-feeds",
            )
        except (ssl.SSLError, OSError, ValueError):
            raise ConfigurationError(
                "`client_certificate`, `client_key` or `ca` cannot be used: each is PEM or a path "
                f"of a file of it, and the key is the certificate's own. See {where(connection)}."
            ) from None


def address_of(connection: Connection) -> str:
    """Where MESH is; raises `ConfigurationError` where the host says it in no safe way."""
    told = connection.host if "://" in connection.host else f"https://{connection.host}"
    parts = urlsplit(told)
    is_safe = parts.scheme == "https" or parts.hostname in _THIS_MACHINE
    if not parts.hostname or parts.scheme not in ("https", "http") or not is_safe or parts.query:
        raise ConfigurationError(
            "The host is no address of MESH. It is one like https://msg.intspineservices.nhs.uk "
            f"(http:// only for this machine) in {where(connection)}."
        )
    port = parts.port or connection.port
    name = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{name}" + (f":{port}" if port else "")


def _try_certificates(certificate: str, key: str, authority: str) -> None:
    # Not the default context: to read the authorities of the system takes longer than a message.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if certificate:
        context.load_cert_chain(certificate, key or None)
    if authority:
        context.load_verify_locations(authority)


def _as_header(text: str) -> str:
    """The text as a header carries it: UTF-8, on one line, and no longer than MESH takes."""
    plain = "".join(sign if sign.isprintable() else "_" for sign in text)
    return plain.encode("utf-8", "surrogateescape")[:_LONGEST_HEADER].decode("latin-1")


def _pause_before_next(state: tenacity.RetryCallState) -> float:
    """Half a second, then one, with jitter; longer where MESH asks for it."""
    error = state.outcome.exception() if state.outcome else None
    asked = error.wait_seconds if isinstance(error, MeshTryAgain) else 0.0
    return asked + tenacity.wait_exponential_jitter(initial=0.5, max=5.0, jitter=0.5)(state)
