"""Tells of a failed task without which nobody would hear of anything else.

A failure of a feed or a collection is a finding of the watch. A failure of the watch itself, or of
the publisher, cannot be one: it is told by itself, once an hour while it lasts.
"""

from datetime import datetime, timedelta
from pathlib import Path

from pipelines.base.clock import now
from pipelines.base.errors import SitrepError
from pipelines.base.settings import settings
from pipelines.base.state.documents import read_document, write_document
from pipelines.watch.alert import Alert, alert_of
from pipelines.watch.channels import AlertNotTaken, channels_of
from pipelines.watch.watch_finding import tell_time

_AGAIN_AFTER = timedelta(hours=1)


def tell_task_failed(dag: str, task: str, run: str, error: object, meaning: str) -> bool:
    """Every channel has the alert, unless one went out in the last hour; whether one did now.

    `meaning` says what the failure costs whom. Raises `AlertNotTaken` where a channel fails; the
    alert counts as told only where all took it.
    """
    moment, note = now(), settings().root / "alerts" / f"{dag}.{task}.txt"
    told_at = _told_at(note)
    if told_at is not None and timedelta(0) <= moment - told_at < _AGAIN_AFTER:
        return False
    alert = _alert(dag, task, run, _why(error), meaning, moment)
    failures = []
    for channel in channels_of(settings()):
        try:
            channel.send(alert)
        except AlertNotTaken as failure:
            failures.append(f"{channel.name}: {failure}")
    if failures:
        raise AlertNotTaken("\n".join(failures))
    write_document(settings().root, note, moment.isoformat().encode())
    return True


def _alert(dag: str, task: str, run: str, why: str, meaning: str, moment: datetime) -> Alert:
    subject = f"UEC feeds: {dag} failed"
    lines = (
        f"{subject} ({tell_time(moment)})",
        "",
        f"- Task {task}, run {run}: {why}",
        f"  Means: {meaning}",
        "  Do: read the task's log in Airflow; after the cure clear the task.",
        "  This is told once an hour while it lasts.",
    )
    row = {"state": "failed", "dag_id": dag, "task_id": task, "run_id": run, "why": why}
    return alert_of(subject, lines, [row])


def _why(error: object) -> str:
    """The error; only the kind of one that is not ours, because its text may hold anything."""
    if isinstance(error, SitrepError):
        return f"{type(error).__name__}: {error}"
    return type(error).__name__ if isinstance(error, BaseException) else "no reason is known"


def _told_at(note: Path) -> datetime | None:
    home = settings().root
    then = "The alert may be told once more than needed."
    return read_document(home, note, _read_time, None, then)


def _read_time(content: bytes) -> datetime:
    moment = datetime.fromisoformat(content.decode("utf-8"))
    if moment.tzinfo is None:
        raise ValueError("a time without a zone")
    return moment
