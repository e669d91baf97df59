"""Where an alert goes: the log always, e-mail and a webhook where they are configured.

A channel's secret (a password, the webhook's address) stands in no log, error or representation.
The libraries below would tell it: `httpx` logs every address that it calls, and the errors of both
carry what they were called with, so that neither gets further than this file.
"""

import logging
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from typing import Protocol

from pydantic import SecretStr

from pipelines.base.errors import ConfigurationError, Retryable
from pipelines.base.settings import Settings
from pipelines.watch.alert import Alert

_TIMEOUT_SECONDS = 10
_log = logging.getLogger("sitrep.watch")
_TALKATIVE = ("httpx", "httpcore")


class AlertNotTaken(Retryable):
    """A channel did not take an alert; it is told again with the next look."""


class Channel(Protocol):
    """One way to tell people."""

    @property
    def name(self) -> str:
        """What the state remembers it by."""

    def send(self, alert: Alert) -> None:
        """The alert has been taken; raises `AlertNotTaken` where it was not."""


class LogChannel:
    """The log of the process, which in Airflow is the task's."""

    name = "log"

    def send(self, alert: Alert) -> None:
        """The text stands in the log."""
        _log.warning("%s", alert.text)


class EmailChannel:
    """E-mail by SMTP; a password goes over an encrypted connection only."""

    name = "e-mail"

    def __init__(self, settings: Settings) -> None:
        self._host, self._port = settings.alert_smtp_host or "", settings.alert_smtp_port
        self._starttls = settings.alert_smtp_starttls
        self._user, self._password = settings.alert_smtp_user, settings.alert_smtp_password
        self._from = settings.alert_email_from
        self._to = _addresses(settings.alert_email_to)
        if not self._host:
            raise ConfigurationError("SITREP_ALERT_EMAIL_TO needs SITREP_ALERT_SMTP_HOST.")
        if (self._user is None) != (self._password is None):
            raise ConfigurationError(
                "SITREP_ALERT_SMTP_USER and SITREP_ALERT_SMTP_PASSWORD belong together."
            )
        if self._password is not None and not self._starttls:
            raise ConfigurationError(
                "SITREP_ALERT_SMTP_PASSWORD is not sent without encryption: "
                "set SITREP_ALERT_SMTP_STARTTLS=true."
            )

    def send(self, alert: Alert) -> None:
        """The server has taken the message for at least one of the addresses."""
        message = EmailMessage()
        message["Subject"] = alert.subject
        message["From"] = self._from
        message["To"] = ", ".join(self._to)
        message.set_content(alert.text)
        try:
            with smtplib.SMTP(self._host, self._port, timeout=_TIMEOUT_SECONDS) as server:
                if self._starttls:
                    server.starttls(context=ssl.create_default_context())
                if self._user is not None and self._password is not None:
                    server.login(self._user, self._password.get_secret_value())
                refused = server.send_message(message)
        except (OSError, ValueError, smtplib.SMTPException) as error:
            where = f"{self._host}:{self._port}"
            raise AlertNotTaken(f"The mail server {where} did not take it: {_why(error)}") from None
        if refused:
            _log.warning("The mail server refused these addresses: %s", ", ".join(refused))


class WebhookChannel:
    """A POST of JSON with `text` and `findings`, as chat and paging services take it."""

    name = "webhook"

    def __init__(self, address: SecretStr) -> None:
        self._address = address
        if not address.get_secret_value().startswith(("https://", "http://")):
            raise ConfigurationError("SITREP_ALERT_WEBHOOK must be an http(s) URL.")

    def send(self, alert: Alert) -> None:
        """The service has answered with a code of success."""
        import httpx

        content = {"text": alert.text, "findings": alert.findings}
        address = self._address.get_secret_value()
        try:
            with _quiet(_TALKATIVE):
                answer = httpx.post(address, json=content, timeout=_TIMEOUT_SECONDS)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            name = type(error).__name__
            raise AlertNotTaken(f"The webhook could not be reached ({name}).") from None
        if not answer.is_success:
            raise AlertNotTaken(f"The webhook answered {answer.status_code}.")


def channels_of(settings: Settings) -> list[Channel]:
    """The channels that are configured; raises `ConfigurationError` where settings do not fit."""
    channels: list[Channel] = [LogChannel()]
    if _addresses(settings.alert_email_to):
        channels.append(EmailChannel(settings))
    if settings.alert_webhook is not None and settings.alert_webhook.get_secret_value():
        channels.append(WebhookChannel(settings.alert_webhook))
    return channels


def _addresses(text: str | None) -> list[str]:
    return [part.strip() for part in (text or "").split(",") if part.strip()]


def _why(error: Exception) -> str:
    """What the server said, without what we sent."""
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return "it refused the user or the password"
    if isinstance(error, smtplib.SMTPResponseException):
        return f"it answered {error.smtp_code}"
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return "it refused every address"
    is_ours_to_tell = isinstance(error, OSError) and not isinstance(error, smtplib.SMTPException)
    return str(error) if is_ours_to_tell else type(error).__name__


@contextmanager
def _quiet(libraries: tuple[str, ...]) -> Iterator[None]:
    """The loggers of these libraries say nothing meanwhile."""
    known = [name for name in logging.root.manager.loggerDict if name.split(".")[0] in libraries]
    loggers = [logging.getLogger(name) for name in {*libraries, *known}]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)
