"""One alert, told by each channel once, never lost, never with a secret: real servers take it."""

import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from email import message_from_string, policy
from pathlib import Path

import pytest

from pipelines.base.errors import ConfigurationError, Retryable
from pipelines.base.settings import settings
from pipelines.watch.channels import AlertNotTaken, channels_of
from pipelines.watch.look import Look, tell
from pipelines.watch.monitors.silent import SILENT
from pipelines.watch.state import Watched
from pipelines.watch.watch_finding import watch_finding
from pipelines.watch.watch_memory import read_recent, write_open
from tests.support.mail_server import (
    MailServer,
    WebService,
    mail_server,
    web_service,
    write_certificate,
)
from warehouse.store.connection import open_warehouse

NOW = datetime(2026, 11, 9, 10, tzinfo=UTC)
PASSWORD, TOKEN = "hunter2-Q8", "T0KEN-of-the-webhook"


def watched(feed: str, ended_at: datetime | None = None) -> Watched:
    feed_id = f"acute_realtime.{feed}"
    what = f"{feed} has given no value."
    finding = watch_finding(SILENT, "acute_realtime", feed_id, "", NOW, what)
    return Watched(finding, NOW, NOW, ended_at)


def stand(home: Path, *rows: Watched) -> Look:
    """The look that found these and no others."""
    with open_warehouse(home) as connection:
        known = {row.finding.key: row for row in read_recent(connection, NOW)}
        write_open(connection, [known.get(row.finding.key, row) for row in rows])
        recent = read_recent(connection, NOW)
    return Look(tuple(row for row in recent if row.is_open), tuple(recent), ())


def again(home: Path) -> Look:
    """A later look that found the same."""
    with open_warehouse(home) as connection:
        recent = read_recent(connection, NOW)
    return Look(tuple(row for row in recent if row.is_open), tuple(recent), ())


@pytest.fixture
def quiet(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home at a fixed time, without any channel but the log."""
    monkeypatch.setenv("SITREP_NOW", NOW.isoformat())
    return home


@pytest.fixture
def webhook(quiet: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[WebService]:
    with web_service() as service:
        monkeypatch.setenv("SITREP_ALERT_WEBHOOK", f"http://localhost:{service.port}/hooks/{TOKEN}")
        settings.cache_clear()
        yield service


def use_mail(
    patch: pytest.MonkeyPatch, server: MailServer, to: str = "duty@nhs.example", **more: str
) -> None:
    variables = {
        "EMAIL_TO": to,
        "EMAIL_FROM": "feeds@nhs.example",
        "SMTP_HOST": "localhost",
        "SMTP_PORT": str(server.port),
        **more,
    }
    for name, value in variables.items():
        patch.setenv(f"SITREP_ALERT_{name}", value)
    settings.cache_clear()


def test_without_configuration_an_alert_goes_to_the_log_once(
    quiet: Path, caplog: pytest.LogCaptureFixture
) -> None:
    tell(stand(quiet, watched("r0a"), watched("rgt")))
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert "UEC feeds: 2 new, 2 open" in record.getMessage()
    assert "Will not help:" in record.getMessage()
    caplog.clear()
    tell(again(quiet))
    assert caplog.records == []


def test_what_comes_later_and_what_is_over_is_told_and_nothing_twice(
    quiet: Path, caplog: pytest.LogCaptureFixture
) -> None:
    tell(stand(quiet, watched("r0a")))
    caplog.clear()
    over = watched("r0a", ended_at=NOW)
    with open_warehouse(quiet) as connection:
        (before,) = read_recent(connection, NOW)
    ended = Watched(before.finding, NOW, NOW, over.ended_at, before.alerted_at, before.told)
    with open_warehouse(quiet) as connection:
        write_open(connection, [ended, watched("rgt")])
    tell(again(quiet))
    (record,) = caplog.records
    text = record.getMessage()
    assert "1 new, 1 over, 1 open" in text
    assert text.index("acute_realtime.rgt") < text.index("OVER") < text.index("acute_realtime.r0a")
    caplog.clear()
    tell(again(quiet))
    assert caplog.records == []


def test_the_webhook_gets_text_and_findings(quiet: Path, webhook: WebService) -> None:
    tell(stand(quiet, watched("r0a"), watched("rgt")))
    ((path, content),) = webhook.posts
    assert path == f"/hooks/{TOKEN}"
    assert set(content) == {"text", "findings"}
    assert "A PROVIDER FELL SILENT" in content["text"]
    assert [one["feed_id"] for one in content["findings"]] == [
        "acute_realtime.r0a",
        "acute_realtime.rgt",
    ]
    tell(again(quiet))
    assert len(webhook.posts) == 1


@pytest.mark.parametrize("status", [302, 404, 500])
def test_an_alert_that_the_webhook_refuses_is_kept_and_sent_again(
    quiet: Path, webhook: WebService, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    webhook.status = status
    with pytest.raises(AlertNotTaken, match=f"webhook: The webhook answered {status}") as caught:
        tell(stand(quiet, watched("r0a")))
    assert isinstance(caught.value, Retryable)
    assert len(caplog.records) == 1, "the log took it"
    webhook.status = 204
    tell(again(quiet))
    assert len(webhook.posts) == 2
    assert len(caplog.records) == 1, "and is not told twice"
    tell(again(quiet))
    assert len(webhook.posts) == 2


def test_an_alert_outlives_a_webhook_that_is_away(
    quiet: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with web_service() as gone:
        address = f"http://localhost:{gone.port}/hooks/{TOKEN}"
    monkeypatch.setenv("SITREP_ALERT_WEBHOOK", address)
    settings.cache_clear()
    with pytest.raises(AlertNotTaken, match="could not be reached"):
        tell(stand(quiet, watched("r0a")))
    with web_service() as back:
        monkeypatch.setenv("SITREP_ALERT_WEBHOOK", address.replace(str(gone.port), str(back.port)))
        settings.cache_clear()
        tell(again(quiet))
        assert len(back.posts) == 1


def test_a_finding_that_was_over_before_it_could_be_told_is_told(
    quiet: Path, webhook: WebService
) -> None:
    tell(stand(quiet, watched("r0a", ended_at=NOW)))
    ((_, content),) = webhook.posts
    assert "It is over." in content["text"]
    tell(again(quiet))
    assert len(webhook.posts) == 1


def test_e_mail_reaches_everyone_over_an_encrypted_connection(
    quiet: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = write_certificate(tmp_path / "mail.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with mail_server(certificate, password=PASSWORD) as server:
        to = "duty@nhs.example, lead@nhs.example"
        use_mail(monkeypatch, server, to, SMTP_USER="feeds", SMTP_PASSWORD=PASSWORD)
        tell(stand(quiet, watched("r0a")))
    assert server.was_encrypted
    assert server.users == [("feeds", PASSWORD)]
    assert server.recipients == ["duty@nhs.example", "lead@nhs.example"]
    (text,) = server.messages
    message = message_from_string(text, policy=policy.default)
    assert message["Subject"] == "UEC feeds: 1 new, 1 open"
    assert message["From"] == "feeds@nhs.example"
    assert "r0a has given no value." in message.get_content()
    assert PASSWORD not in text


def test_a_certificate_that_nobody_vouches_for_is_not_trusted(
    quiet: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with mail_server(write_certificate(tmp_path / "mail.pem"), password=PASSWORD) as server:
        use_mail(monkeypatch, server, SMTP_USER="feeds", SMTP_PASSWORD=PASSWORD)
        with pytest.raises(AlertNotTaken, match="certificate verify failed"):
            tell(stand(quiet, watched("r0a")))
    assert server.users == [] and server.messages == []


def test_a_mail_server_without_encryption_has_to_be_asked_for(
    quiet: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with mail_server() as server:
        use_mail(monkeypatch, server)
        with pytest.raises(AlertNotTaken, match=r"localhost:\d+ did not take it"):
            tell(stand(quiet, watched("r0a")))
        assert server.messages == []
        use_mail(monkeypatch, server, SMTP_STARTTLS="false")
        tell(again(quiet))
        assert len(server.messages) == 1


def test_a_message_that_the_server_refuses_is_sent_again(
    quiet: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with mail_server(refuses="452 disk full") as server:
        use_mail(monkeypatch, server, SMTP_STARTTLS="false")
        with pytest.raises(AlertNotTaken, match="it answered 452"):
            tell(stand(quiet, watched("r0a")))
        server.refuses = None
        tell(again(quiet))
    assert len(server.messages) == 1


def test_one_channel_that_fails_does_not_keep_the_others_from_telling(
    quiet: Path, webhook: WebService, monkeypatch: pytest.MonkeyPatch
) -> None:
    with mail_server(refuses="550 no") as server:
        use_mail(monkeypatch, server, SMTP_STARTTLS="false")
        with pytest.raises(AlertNotTaken, match="e-mail"):
            tell(stand(quiet, watched("r0a")))
        assert len(webhook.posts) == 1
        server.refuses = None
        tell(again(quiet))
    assert (len(webhook.posts), len(server.messages)) == (1, 1)


def test_no_secret_stands_in_a_log_an_error_or_a_representation(
    quiet: Path,
    tmp_path: Path,
    webhook: WebService,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    for name in ("httpx", "httpcore", "httpcore.http11"):
        caplog.set_level(logging.DEBUG, name)
    webhook.status = 500
    certificate = write_certificate(tmp_path / "mail.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with mail_server(certificate, password="another") as server:
        use_mail(monkeypatch, server, SMTP_USER="feeds", SMTP_PASSWORD=PASSWORD)
        with pytest.raises(AlertNotTaken, match="it refused the user or the password") as caught:
            tell(stand(quiet, watched("r0a")))
    assert server.users == [("feeds", PASSWORD)], "the secrets were used"
    assert webhook.posts
    channels = [vars(channel) for channel in channels_of(settings())]
    chain: list[BaseException | None] = [caught.value]
    while chain[-1] is not None and not chain[-1].__suppress_context__:
        chain.append(chain[-1].__context__)
    told = [caplog.text, *capsys.readouterr(), repr(settings()), repr(channels), repr(chain)]
    for text in told:
        assert PASSWORD not in text
        assert TOKEN not in text


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        ({"EMAIL_TO": "a@b"}, "needs SITREP_ALERT_SMTP_HOST"),
        ({"EMAIL_TO": "a@b", "SMTP_HOST": "h", "SMTP_USER": "u"}, "belong together"),
        (
            {
                "EMAIL_TO": "a@b",
                "SMTP_HOST": "h",
                "SMTP_USER": "u",
                "SMTP_PASSWORD": PASSWORD,
                "SMTP_STARTTLS": "no",
            },
            "not sent without encryption",
        ),
        ({"WEBHOOK": TOKEN}, r"must be an http\(s\) URL"),
    ],
)
def test_settings_that_do_not_fit_are_said_and_the_secret_is_not(
    quiet: Path, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], told: str
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(f"SITREP_ALERT_{name}", value)
    settings.cache_clear()
    with pytest.raises(ConfigurationError, match=told) as caught:
        channels_of(settings())
    assert PASSWORD not in str(caught.value) and TOKEN not in str(caught.value)
