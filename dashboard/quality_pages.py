"""Pages of data quality: how much of each feed came in time, and how much of it was usable."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

import msgspec

from dashboard.charts import line_chart
from dashboard.desk import Desk, Maker, Page, grouped
from dashboard.measure_pages import CSV, JSON
from dashboard.picture import Row, Series

_SLOTS = ("expected", "on_time", "late", "missing")
_FILES = (
    *("files", "refused", "duplicates"),
    *("rows_read", "rows_loaded", "rows_kept_out", "values_rejected"),
)
COLUMNS = (*_SLOTS, *_FILES)
"""What is counted of each day."""
_DAY = timedelta(days=1)


def quality_pages(desk: Desk) -> Iterator[Maker]:
    """All feeds beside each other, and each over its days, with the data behind both."""
    by_feed = grouped(desk.picture.quality, "feed_id")
    findings = grouped(desk.picture.finding_days, "feed_id")
    yield "/quality", partial(_overview, desk)
    yield "/data/quality.csv", partial(_csv, "/data/quality.csv", desk.picture.quality)
    for feed in desk.picture.feeds:
        name = feed["feed_id"]
        days, kinds = by_feed.get(name, []), findings.get(name, [])
        yield f"/quality/{name}", partial(_of_feed, desk, feed, days, kinds)
        data = f"/data/quality/{name}"
        yield f"{data}.csv", partial(_csv, f"{data}.csv", days)
        yield f"{data}.json", partial(_json, f"{data}.json", name, days, kinds)


def _overview(desk: Desk) -> Page:
    days = grouped(desk.picture.quality, "feed_id")
    feeds = [with_shares(feed, days.get(feed["feed_id"], [])) for feed in desk.picture.feeds]
    groups = [
        {"title": desk.board.title(name), "feeds": own}
        for name, own in grouped(feeds, "collection").items()
    ]
    kinds = _by_code(desk.picture.finding_days, code_titles(desk))
    return desk.page("/quality", "quality", kinds=kinds, groups=groups)


def _of_feed(desk: Desk, feed: Row, days: Sequence[Row], findings: Sequence[Row]) -> Page:
    name = feed["feed_id"]
    return desk.page(
        f"/quality/{name}", "quality_feed", feed=with_shares(feed, days), days=days[::-1],
        kinds=_by_code(findings, code_titles(desk)), data_address=f"/data/quality/{name}",
        chart=on_time_chart(days), has_page=feed["provider_code"] in desk.trusts,
    )  # fmt: skip


def with_shares(feed: Row, days: Sequence[Row]) -> Row:
    """The feed with the counts of these days together, and their shares."""
    return {**feed, **_shares(_total(days))}


def _json(address: str, feed_id: str, days: Sequence[Row], findings: Sequence[Row]) -> Page:
    told = {"feed_id": feed_id, "days": _plain(days), "findings": _plain(findings)}
    return address, JSON, msgspec.json.encode(told)


def _total(days: Iterable[Row]) -> dict[str, int]:
    """The counts of all days together."""
    told = list(days)
    return {name: sum(one[name] or 0 for one in told) for name in COLUMNS}


def _shares(total: dict[str, int]) -> dict[str, Any]:
    """The counts with their shares in %; None where there is nothing that they are a part of."""
    parts = [(name, "expected") for name in ("on_time", "late", "missing")]
    parts += [("refused", "files"), ("rows_kept_out", "rows_read")]
    return {**total, **{f"{part}_share": _share(total[part], total[of]) for part, of in parts}}


def _share(part: int | None, of: int | None) -> float | None:
    return None if part is None or not of else 100 * part / of


def code_titles(desk: Desk) -> dict[str, str]:
    """What the codes of findings mean: those of all files, and the rules of each contract."""
    from pipelines.findings.finding_kinds import KINDS

    told = {kind.code: kind.title for kind in KINDS.values()}
    for contract in desk.collections.values():
        told |= {rule.code: rule.title for rule in contract.rules}
    return told


def _by_code(findings: Iterable[Row], titles: dict[str, str]) -> list[dict[str, Any]]:
    """Each code with how often it was found, and in how many submissions; most often first."""
    told = [
        {
            "code": code,
            "title": titles.get(code, ""),
            "severity": severity,
            "findings": sum(one["findings"] for one in rows),
            "submissions": sum(one["submissions"] for one in rows),
            "feeds": len({one["feed_id"] for one in rows}),
            "days": len({one["day"] for one in rows}),
        }
        for code, of_code in grouped(findings, "code").items()
        for severity, rows in grouped(of_code, "severity").items()
    ]
    return sorted(told, key=lambda one: (-one["findings"], one["code"]))


def on_time_chart(days: Sequence[Row], chart_id: str = "on-time") -> Any:
    """The share of slots on time, day by day; empty where no slots are expected."""
    known = [one for one in days if one["expected"]]
    if not known:
        return ""
    series = Series(
        [_as_moment(one["day"]) for one in known],
        [_share(one["on_time"], one["expected"]) for one in known],
        [True] * len(known),
        step=_DAY,
    )
    return line_chart(series, "Slots on time, %", "% of slots on time", chart_id=chart_id)


def _as_moment(day: date) -> datetime:
    return datetime(day.year, day.month, day.day)


def _csv(address: str, days: Sequence[Row]) -> Page:
    text = io.StringIO()
    writer = csv.DictWriter(text, ("feed_id", "day", *COLUMNS), "", "ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(days)
    return address, CSV, text.getvalue().encode()


def _plain(rows: Iterable[Row]) -> list[Row]:
    return [{**row, "day": row["day"].isoformat()} for row in rows]
