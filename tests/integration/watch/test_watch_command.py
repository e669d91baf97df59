"""`sitrep watch` and the table `watch` of a publication."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipelines.base.settings import settings
from pipelines.cli.app import _run
from pipelines.watch.monitors.silent import SILENT
from pipelines.watch.state import Watched
from pipelines.watch.watch_finding import watch_finding
from pipelines.watch.watch_memory import write_open
from tests.support.mail_server import WebService, web_service
from warehouse.publish.queries import watch_sql
from warehouse.store.connection import open_warehouse

NOW = datetime(2026, 11, 9, 10, tzinfo=UTC)
TOKEN = "T0KEN-of-the-webhook"


@pytest.fixture
def webhook(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[WebService]:
    """A web service that the alerts of an empty home go to, at a fixed time."""
    with web_service() as service:
        monkeypatch.setenv("SITREP_NOW", NOW.isoformat())
        monkeypatch.setenv("SITREP_ALERT_WEBHOOK", f"http://localhost:{service.port}/{TOKEN}")
        settings.cache_clear()
        yield service


def watched(feed: str, ended_at: datetime | None = None) -> Watched:
    feed_id = f"acute_realtime.{feed}"
    what = f"{feed} has given no value."
    finding = watch_finding(SILENT, "acute_realtime", feed_id, "", NOW, what)
    return Watched(finding, NOW, NOW, ended_at)


@pytest.mark.parametrize("many", [3, 30])
def test_a_publication_tells_what_is_open_and_what_was_in_the_weeks_before(
    home: Path, many: int
) -> None:
    day = timedelta(days=1)
    rows = [
        watched("r0a"),
        watched("rgt", ended_at=NOW - 35 * day),
        *(watched(f"r{number}", NOW - 36 * day) for number in range(many)),
    ]
    with open_warehouse(home) as connection:
        write_open(connection, rows)
        cursor = connection.execute(watch_sql(NOW))
        names = [column[0] for column in cursor.description or ()]
        told = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    assert [row["feed_id"] for row in told] == ["acute_realtime.r0a", "acute_realtime.rgt"]
    assert {"code", "since", "message", "fix", "ended_at"} <= set(names)
    assert "told" not in names


def test_the_command_tells_what_is_open_by_its_exit_code(
    webhook: WebService, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(["watch", "--no-alert"]) == 1, "nothing has ever come of the feeds here"
    assert "WATCH-009" in capsys.readouterr().out
    assert webhook.posts == []
    assert _run(["watch", "--json"]) == 1
    assert '"code": "WATCH-001"' in capsys.readouterr().out
    assert len(webhook.posts) == 1, "what was not told before is told now"
    assert _run(["watch"]) == 1
    assert len(webhook.posts) == 1


def test_the_command_says_that_an_alert_could_not_be_sent(
    webhook: WebService, capsys: pytest.CaptureFixture[str]
) -> None:
    webhook.status = 503
    assert _run(["watch"]) == 3
    told = capsys.readouterr()
    assert "WATCH-009" in told.out, "what was found is listed all the same"
    assert "answered 503" in told.err
    assert TOKEN not in told.err + told.out


def test_the_command_is_fine_where_nothing_is_wrong(
    webhook: WebService,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "feeds").mkdir()
    monkeypatch.setenv("SITREP_FEEDS_DIR", str(tmp_path / "feeds"))
    settings.cache_clear()
    assert _run(["watch"]) == 0
    assert "No findings." in capsys.readouterr().out
