"""Pages of providers: all of them, and each with all its feeds and what it has to do."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from dashboard.desk import Desk, Maker, Page, grouped
from dashboard.picture import Row
from dashboard.quality_pages import code_titles, on_time_chart, with_shares
from dashboard.to_do import place_of, to_do
from dashboard.words import duration, london

LATELY_DAYS = 7
"""How long a finding in a file stays among what is to be done."""
_DAYS_SHOWN = 14
_CHANGES_SHOWN = 50
_WORST = ("silent", "nothing yet", "late", "gaps", "ok")


def provider_pages(desk: Desk) -> Iterator[Maker]:
    """The list of providers, and each provider."""
    providers = providers_of(desk)
    titles = code_titles(desk)
    quality = grouped(desk.picture.quality, "feed_id")
    changes = grouped(
        ({**row, "feed_id": feed_of_change(row)} for row in desk.picture.changes), "feed_id"
    )
    yield "/providers", partial(_all, desk, providers, quality, titles)
    for code, feeds in providers.items():
        yield f"/providers/{code}", partial(_one, desk, code, feeds, quality, changes, titles)


def providers_of(desk: Desk) -> dict[str, list[Row]]:
    """Code of a provider → its feeds, in the order of codes."""
    by_code = grouped(desk.picture.feeds, "provider_code")
    return {code: by_code[code] for code in sorted(by_code)}


def feed_of_change(row: Row) -> str:
    """The feed whose submission changed the value, or gave the one that was taken back."""
    submission = row["submission_after"] or row["submission_before"] or ""
    return str(submission).rpartition("@")[0]


def lately(desk: Desk) -> date:
    """The London day from which on findings in files are told as something to do."""
    return london(desk.picture.made_at).date() - timedelta(days=LATELY_DAYS - 1)


def _all(
    desk: Desk,
    providers: dict[str, list[Row]],
    quality: dict[str, list[Row]],
    titles: dict[str, str],
) -> Page:
    rows = [_row(desk, code, feeds, quality, titles) for code, feeds in providers.items()]
    # Those who have most to do first.
    rows.sort(key=lambda one: (one["cost"], -one["to_do"], one["name"]))
    return desk.page(
        "/providers", "providers", rows=rows, busy=sum(1 for one in rows if one["to_do"])
    )


def _row(
    desk: Desk,
    code: str,
    feeds: Sequence[Row],
    quality: dict[str, list[Row]],
    titles: dict[str, str],
) -> dict[str, Any]:
    since = lately(desk)
    days = [
        row for feed in feeds for row in quality.get(feed["feed_id"], []) if row["day"] >= since
    ]
    found = to_do(desk, feeds, since, titles)
    healths = [feed["health"] for feed in feeds]
    return {
        "code": code,
        "name": feeds[0]["provider_name"] or code,
        "feeds": len(feeds),
        "health": next((one for one in _WORST if one in healths), healths[0]),
        "last_received_at": max(
            filter(None, (one["last_received_at"] for one in feeds)), default=None
        ),
        **with_shares({}, days),
        "to_do": len(found),
        "cost": found[0].cost if found else len(titles),
        "first": found[0].cost_told if found else "",
    }


def _one(
    desk: Desk,
    code: str,
    feeds: Sequence[Row],
    quality: dict[str, list[Row]],
    changes: dict[str, list[Row]],
    titles: dict[str, str],
) -> Page:
    own = {feed["feed_id"]: feed for feed in feeds}
    revised = [
        {**row, "label": desk.board.label(row["measure"]), "feed": own[name]}
        for name in own
        for row in changes.get(name, [])
    ]
    revised.sort(key=lambda row: row["changed_at"], reverse=True)
    return desk.page(
        f"/providers/{code}", "provider", code=code, name=feeds[0]["provider_name"] or code,
        to_do=to_do(desk, feeds, lately(desk), titles), has_page=code in desk.trusts,
        feeds=[_feed(desk, feed, quality.get(feed["feed_id"], [])) for feed in feeds],
        kinds=list(_kinds(desk, feeds, titles)), open=_open(desk, own),
        refused=[{**row, "feed": own[name]} for name in own for row in desk.refused.get(name, [])],
        revised=revised[:_CHANGES_SHOWN], revised_count=len(revised),
        rows_revised=sum(row["rows_revised"] for name in own for row in quality.get(name, [])),
    )  # fmt: skip


def _feed(desk: Desk, feed: Row, days: Sequence[Row]) -> Row:
    configured = desk.configured.get(feed["feed_id"])
    return {
        **with_shares(feed, days),
        "group": "months" if feed["collection"] in desk.monthly else "collection",
        "days": days[::-1][:_DAYS_SHOWN],
        "age": _age(desk, feed["data_as_of"]),
        "chart": on_time_chart(days, f"on-time-{feed['feed_id'].replace('.', '-')}"),
        "again": f"{configured.source.sent_again}." if configured else "",
    }


def _age(desk: Desk, moment: datetime | None) -> str:
    """How old the newest data was when the publication was made; empty before the first."""
    if moment is None:
        return ""
    seconds = (desk.picture.made_at - moment).total_seconds()
    if seconds >= 48 * 3600:
        return f"{seconds // 86400:.0f} days"
    return duration(max(seconds, 0))


def _kinds(desk: Desk, feeds: Sequence[Row], titles: dict[str, str]) -> Iterator[dict[str, Any]]:
    """Each code of each feed with how often it was found, when, where last and how to mend it."""
    for feed in feeds:
        rows_of_feed = desk.findings_of(feed["feed_id"])
        by_kind: dict[tuple[str, str], list[Row]] = {}
        for row in sorted(rows_of_feed, key=lambda one: one["day"]):
            by_kind.setdefault((row["code"], row["severity"]), []).append(row)
        for (code, severity), rows in sorted(by_kind.items()):
            newest = rows[-1]
            yield {
                "feed": feed,
                "code": code,
                "title": titles.get(code, ""),
                "severity": severity,
                "findings": sum(row["findings"] for row in rows),
                "submissions": sum(row["submissions"] for row in rows),
                "first": rows[0]["day"],
                "last": newest["day"],
                "file": newest.get("file_name") or "",
                "submission_id": newest.get("submission_id"),
                "place": place_of(newest),
                "why": newest.get("message") or "",
                "fix": newest.get("fix") or "",
            }


def _open(desk: Desk, own: dict[str, Row]) -> list[dict[str, Any]]:
    """Open findings of the watch about these feeds, the most urgent first."""
    known = desk.watch_kinds
    found = [one for one in desk.picture.alerts if one["feed_id"] in own]
    told = [
        {
            **one,
            "title": known[one["code"]].title if one["code"] in known else "A finding",
            "urgency": known[one["code"]].urgency if one["code"] in known else 1000,
            "feed": own[one["feed_id"]],
        }
        for one in found
    ]
    return sorted(told, key=lambda one: (one["urgency"], one["feed_id"], one["subject"]))
