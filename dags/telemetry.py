"""The pipeline's metrics, sent by Airflow's own Stats to wherever Airflow's metrics go.

No other module knows Stats. Where Airflow's metrics are off nothing is worked out, and a metric
that cannot be sent costs no task anything. docs/telemetry.md has the table for operators.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

from pipelines.base.tally import RunTally
from pipelines.registry.registry import Registry

UNMATCHED_COLLECTION = "unmatched"
"""In place of a collection, for files that no feed expects, or whose feed file is gone."""


class MetricKind(StrEnum):
    """How a metric is sent."""

    COUNTER = "counter"
    GAUGE = "gauge"
    TIMER = "timer"
    """In milliseconds, as Airflow's own."""


@dataclass(frozen=True)
class Metric:
    """One of the pipeline's metrics; Airflow puts its prefix (`airflow.`) before the name."""

    name: str
    kind: MetricKind
    unit: str
    tags: tuple[str, ...]
    meaning: str


_BY_COLLECTION = ("collection",)
SUBMISSIONS = Metric(
    "sitrep.submissions",
    MetricKind.COUNTER,
    "submissions",
    ("collection", "status"),
    "Submissions that came into the ledger, each once, with its one status.",
)
READ_AGAIN = Metric(
    "sitrep.submissions_read_again",
    MetricKind.COUNTER,
    "submissions",
    ("collection", "status"),
    "Submissions that were judged anew (`since`, a backfill), with the status that they have now.",
)
ROWS = Metric(
    "sitrep.rows",
    MetricKind.COUNTER,
    "rows",
    ("collection", "outcome"),
    "Rows of the submissions that came, by outcome: `accepted` or `quarantined`.",
)
VALUES_REJECTED = Metric(
    "sitrep.values_rejected",
    MetricKind.COUNTER,
    "values",
    _BY_COLLECTION,
    "Values of accepted rows that were rejected by themselves.",
)
WITHHELD = Metric(
    "sitrep.withheld",
    MetricKind.COUNTER,
    "submissions",
    _BY_COLLECTION,
    "Submissions that were refused and not kept: patient data, or no way to look for it.",
)
UNREACHABLE = Metric(
    "sitrep.sources_unreachable",
    MetricKind.COUNTER,
    "endpoints",
    _BY_COLLECTION,
    "Endpoints that a run could not reach, counted in each run.",
)
LATENESS = Metric(
    "sitrep.lateness",
    MetricKind.TIMER,
    "milliseconds",
    _BY_COLLECTION,
    "From when a submission's newest slot was due to its receipt; 0 in time. Only the first "
    "submission of a feed for that slot counts.",
)
STEP_DURATION = Metric(
    "sitrep.step_duration",
    MetricKind.TIMER,
    "milliseconds",
    ("collection", "step"),
    "What one run spent on a step: `collect`, `wait`, `parse`, `conform`, `validate`, `load`, "
    "`answer`, `give_back`; `publish` and its `wait` have no collection.",
)
COLLECTION_AGE = Metric(
    "sitrep.collection_age_minutes",
    MetricKind.GAUGE,
    "minutes",
    _BY_COLLECTION,
    "Since the end of the newest slot that the current publication has values of.",
)
PUBLICATION_AGE = Metric(
    "sitrep.publication_age_minutes",
    MetricKind.GAUGE,
    "minutes",
    (),
    "Since the current publication was made.",
)
QUEUE = Metric(
    "sitrep.queue",
    MetricKind.GAUGE,
    "deliveries",
    _BY_COLLECTION,
    "Deliveries that have landed and are not in the ledger.",
)
QUEUE_AGE = Metric(
    "sitrep.queue_age_minutes",
    MetricKind.GAUGE,
    "minutes",
    (),
    "Since the oldest of them was received; 0 where none waits.",
)
OPEN_FINDINGS = Metric(
    "sitrep.open_findings",
    MetricKind.GAUGE,
    "findings",
    (),
    "Findings of the watch that are open.",
)
METRICS = (
    SUBMISSIONS,
    READ_AGAIN,
    ROWS,
    VALUES_REJECTED,
    WITHHELD,
    UNREACHABLE,
    LATENESS,
    STEP_DURATION,
    COLLECTION_AGE,
    PUBLICATION_AGE,
    QUEUE,
    QUEUE_AGE,
    OPEN_FINDINGS,
)


def metrics_are_on() -> bool:
    """Whether Airflow's settings send metrics anywhere."""
    return any(_is_set(name) for name in ("statsd_on", "statsd_datadog_enabled", "otel_on"))


def send_tally(tally: RunTally, collection: str | None) -> None:
    """What a run counted is sent; its seconds are those of the collection, None for all."""
    for metric, by_status in ((SUBMISSIONS, tally.submissions), (READ_AGAIN, tally.read_again)):
        for (name, status), count in by_status.items():
            _count(metric, count, collection=name, status=status)
    for (name, outcome), count in tally.rows.items():
        _count(ROWS, count, collection=name, outcome=outcome)
    for metric, by_name in ((VALUES_REJECTED, tally.values_rejected), (WITHHELD, tally.withheld)):
        for name, count in by_name.items():
            _count(metric, count, collection=name)
    if collection is not None:
        _count(UNREACHABLE, tally.unreachable, collection=collection)
    for name, late in tally.lateness:
        _time(LATENESS, late, collection=name)
    for step, seconds in tally.seconds.items():
        own = {} if collection is None else {"collection": collection}
        _time(STEP_DURATION, timedelta(seconds=seconds), **own, step=str(step))


def send_ages(home: Path, registry: Registry, moment: datetime) -> None:
    """How old the publication and its newest values are."""
    from warehouse.publish.publication_age import collection_ages, publication_age

    if (age := publication_age(home, moment)) is not None:
        _set(PUBLICATION_AGE, _minutes(age))
    for name, age in collection_ages(home, registry, moment).items():
        _set(COLLECTION_AGE, _minutes(age), collection=name)


def send_queue(home: Path, registry: Registry, moment: datetime) -> None:
    """How much has landed and waits, of each collection, and since when."""
    from pipelines.landing.landing import Landing

    waiting = Counter({name: 0 for name in (*registry.collections, UNMATCHED_COLLECTION)})
    oldest = moment
    for manifest in Landing(home).waiting():
        feed = registry.feeds.get(manifest.feed_id)
        waiting[feed.collection if feed else UNMATCHED_COLLECTION] += 1
        oldest = min(oldest, manifest.received_at)
    for name, count in waiting.items():
        _set(QUEUE, count, collection=name)
    _set(QUEUE_AGE, _minutes(moment - oldest))


def send_open_findings(count: int) -> None:
    """How many findings of the watch are open."""
    _set(OPEN_FINDINGS, count)


def _count(metric: Metric, count: int, **tags: str | None) -> None:
    from airflow.sdk.observability import stats

    if count:
        name, own = _addressed(metric, tags)
        stats.incr(name, count, tags=own)


def _set(metric: Metric, value: float, **tags: str | None) -> None:
    from airflow.sdk.observability import stats

    name, own = _addressed(metric, tags)
    stats.gauge(name, value, tags=own)


def _time(metric: Metric, took: timedelta, **tags: str | None) -> None:
    from airflow.sdk.observability import stats

    name, own = _addressed(metric, tags)
    stats.timing(name, took, tags=own)


def _addressed(metric: Metric, tags: Mapping[str, str | None]) -> tuple[str, dict[str, str]]:
    """The name and the tags to send by; a backend without tags gets their values in the name."""
    if unknown := tags.keys() - set(metric.tags):
        raise ValueError(f"{metric.name} has no tag {', '.join(sorted(unknown))}")
    told = {name: tags[name] or UNMATCHED_COLLECTION for name in metric.tags if name in tags}
    if _has_tags():
        return metric.name, told
    return ".".join((metric.name, *told.values())), {}


def _has_tags() -> bool:
    """Whether the backend has tags: StatsD has them only as InfluxDB or Datadog write them."""
    if _is_set("statsd_datadog_enabled") or not _is_set("statsd_on"):
        return True
    return _is_set("statsd_influxdb_enabled")


def _is_set(name: str) -> bool:
    from airflow.sdk.configuration import conf

    return bool(conf.getboolean("metrics", name, fallback=False))


def _minutes(age: timedelta) -> float:
    return round(age / timedelta(minutes=1), 2)
