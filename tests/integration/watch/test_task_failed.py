"""A failure that no finding of the watch could tell is told by itself, once an hour."""

import logging
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pipelines.base.errors import WarehouseBusy
from pipelines.base.settings import settings
from pipelines.watch.channels import AlertNotTaken
from tests.support.mail_server import web_service

pytestmark = [pytest.mark.usefixtures("airflow_home"), pytest.mark.xdist_group("airflow")]

MEANING = "nobody is told of anything."
TASK = SimpleNamespace(dag_id="watch", task_id="watch", run_id="scheduled__1")


@pytest.fixture(scope="module", autouse=True)
def _imported(airflow_home: Path) -> None:
    """Airflow sets up logging when it is imported, which a test's own capture must follow."""
    import dags.notifier  # noqa: F401


def fail(error: BaseException | None = None) -> None:
    from dags.notifier import TaskFailedNotifier

    context: Any = {"ti": TASK, "exception": error or WarehouseBusy("It is in use.")}
    TaskFailedNotifier(MEANING)(context)


def alerts(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [one.getMessage() for one in caplog.records if one.levelno == logging.WARNING]


def test_it_says_what_failed_why_and_what_that_means(
    home: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SITREP_NOW", "2026-11-09T10:00:00Z")
    fail()
    (alert,) = alerts(caplog)
    assert alert.startswith("UEC feeds: watch failed (Mon 9 Nov 2026 10:00 GMT)")
    assert "Task watch, run scheduled__1: WarehouseBusy: It is in use." in alert
    assert MEANING in alert


def test_it_is_told_once_an_hour(
    home: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    for moment, told in (("10:00", 1), ("10:45", 1), ("11:00", 2), ("11:05", 2), ("12:30", 3)):
        monkeypatch.setenv("SITREP_NOW", f"2026-11-09T{moment}:00Z")
        fail()
        assert len(alerts(caplog)) == told, moment


def test_an_error_that_is_none_of_ours_is_named_and_not_quoted(
    home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    fail(ValueError("password=hunter2"))
    (alert,) = alerts(caplog)
    assert "ValueError" in alert and "hunter2" not in alert


def test_a_channel_that_does_not_answer_is_told_again(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SITREP_NOW", "2026-11-09T10:00:00Z")
    with web_service() as service:
        monkeypatch.setenv("SITREP_ALERT_WEBHOOK", f"http://localhost:{service.port}/hook")
        settings.cache_clear()
        service.status = 503
        with pytest.raises(AlertNotTaken, match="503"):
            fail()
        service.status = 200
        fail()
        fail()
    _, (_, taken) = service.posts
    assert taken["findings"][0]["dag_id"] == "watch"
    assert taken["text"].startswith("UEC feeds: watch failed")
