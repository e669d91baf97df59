"""Tells of a scheduler's run that failed, over the channels that alerts go to.

The watch cannot tell that it does not run itself, nor that the loading does not. Whoever schedules
calls this when a run fails. A DAG that fails every quarter of an hour is told of once an hour.
"""

from datetime import datetime, timedelta
from pathlib import Path

from pipelines.clock import now
from pipelines.durable import write_durably
from pipelines.settings import settings
from pipelines.watch.alert import Alert
from pipelines.watch.channels import AlertNotTaken, channels_of
from pipelines.watch.finding import tell_time

_AGAIN_AFTER = timedelta(hours=1)
"""Long enough not to fill a telephone, short enough that a shift that begins hears of it."""


def tell_failed_run(dag_id: str, run_id: str, reason: str) -> bool:
    """Whether the failed run was told of now; not where one of the same DAG was within the hour.

    Raises `AlertNotTaken` where a channel did not take it. Where none but the log did, the next
    failure tells it again.
    """
    moment = now()
    memory = settings().root / "watch" / "failed" / dag_id
    last = _read(memory)
    if last is not None and moment - last < _AGAIN_AFTER:
        return False
    alert = _alert(dag_id, run_id, reason, moment)
    channels = channels_of(settings())
    failures = []
    for channel in channels:
        try:
            channel.send(alert)
        except AlertNotTaken as error:
            failures.append(f"{channel.name}: {error}")
    # The first of the channels is the log, which takes everything and wakes nobody.
    if len(channels) == 1 or len(failures) < len(channels) - 1:
        write_durably(memory, moment.isoformat().encode())
    if failures:
        raise AlertNotTaken("\n".join(failures))
    return True


def _alert(dag_id: str, run_id: str, reason: str, moment: datetime) -> Alert:
    subject = f"UEC feeds: a run of {dag_id} failed"
    text = (
        f"{subject} ({tell_time(moment)})\n\n"
        f"- {run_id}{f': {reason}' if reason else ''}\n"
        "  Do: open the run in Airflow; the red tasks' logs say why, and the DAG's own page what "
        "to do.\n"
        "  Will not help: asking providers to send again. What has landed is kept.\n"
        "Further failures of this DAG are told once an hour.\n"
    )
    return Alert(subject, text, [])


def _read(memory: Path) -> datetime | None:
    try:
        return datetime.fromisoformat(memory.read_text("utf-8"))
    except (FileNotFoundError, ValueError):
        return None
