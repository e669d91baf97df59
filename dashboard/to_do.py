"""What a provider has to do: what is wrong with its feeds, what it costs, and how it is mended.

Everything is told from the publication: refused files, missing slots, what the watch has found, and
findings in files that were loaded. The watch's silence is left out: the missing slots tell it.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from dashboard.desk import Desk, grouped
from dashboard.picture import SUBMISSIONS_OF_A_FEED, Row
from dashboard.words import clock, london, number
from pipelines.answer.answer_page import place_told
from pipelines.registry.slots import day_start

COSTS = (
    "Nothing of the file was loaded",
    "National figures lack these times",
    "What comes looks wrong",
    "Rows were kept out",
    "Values were kept out",
    "To check; nothing was kept out",
)
"""What a problem costs, the dearest first."""
_OF_SEVERITY = {"reject_row": 3, "reject_value": 4, "warn": 5}
_NAMES_SHOWN = 3
_RUNS_SHOWN = 5


@dataclass(frozen=True)
class ToDo:
    """One problem of one feed, with what to do about it."""

    cost: int
    """Place in `COSTS`."""
    feed_id: str
    feed_title: str
    code: str
    """Of the finding; empty where slots are missing."""
    what: str
    why: str
    fix: str
    again: str
    """How data is sent again."""
    file: str
    """Name of the newest file with it; empty where it is about none."""
    place: str
    """Sheet, cell, organisation and day of the first place in that file."""
    count: int
    since: datetime
    """A stored instant."""
    later: str = ""
    """What the files since then say of it."""

    @property
    def cost_told(self) -> str:
        """What it costs, in words."""
        return COSTS[self.cost]


def to_do(
    desk: Desk, feeds: Sequence[Row], since: date, titles: dict[str, str] | None = None
) -> list[ToDo]:
    """What is to be done for these feeds, the dearest first; findings in files count from `since`.

    `since` is a London day on which the files were received.
    """
    told = titles or {}
    found: list[ToDo] = []
    for feed in feeds:
        if feed["stage"] in ("suspended", "retired"):
            continue
        again = _sent_again(desk, feed["feed_id"])
        make = _maker(feed, again)
        own = [row for row in desk.findings_of(feed["feed_id"]) if row["day"] >= since]
        found += _refused(desk, feed["feed_id"], told, make)
        found += _missing(desk, feed, since, make)
        found += _watched(desk, feed["feed_id"], make)
        found += _in_files(desk, feed["feed_id"], own, told, make)
    return sorted(found, key=lambda one: (one.cost, -one.count, one.feed_id, one.code))


def place_of(row: Row) -> str:
    """Where the finding's first place is, in words; empty where it is about all of the file."""
    line = {**row, "column": row.get("column_letter"), "row": row.get("row_number")}
    told = place_told(line).removesuffix(": ")
    name = row.get("column_name")
    return f"{told}, {name}" if told and name else told or name or ""


def runs_told(runs: Sequence[Row], *, is_daily: bool) -> str:
    """When slots are missing: the newest runs, each from its first slot to its last."""
    told = [_run_told(run, is_daily=is_daily) for run in runs[:_RUNS_SHOWN]]
    more = len(runs) - len(told)
    return "; ".join(told) + (f"; and {more} more times" if more > 0 else "")


def _run_told(run: Row, *, is_daily: bool) -> str:
    form = "%a %-d %b" if is_daily else "%a %-d %b %H:%M"
    first, last = f"{london(run['first_start']):{form}}", f"{london(run['last_start']):{form}}"
    return first if run["slots"] == 1 else f"{first} to {last}"


Maker = Callable[..., ToDo]


def _maker(feed: Row, again: str) -> Maker:
    def make(cost: int, code: str, **words: Any) -> ToDo:
        given = {"file": "", "place": "", "again": again, **words}
        return ToDo(cost, feed["feed_id"], feed["title"], code, **given)

    return make


def _sent_again(desk: Desk, feed_id: str) -> str:
    """How data comes again, and how a file is checked before."""
    feed = desk.configured.get(feed_id)
    if feed is None:
        return ""
    checked = (
        f" Check it first: sitrep feeds check {feed_id} FILE." if feed.source.name_pattern else ""
    )
    return f"{feed.source.sent_again}.{checked}"


def _refused(desk: Desk, feed_id: str, titles: dict[str, str], make: Maker) -> Iterator[ToDo]:
    """Refused files that no good one has replaced, by the reason."""
    # A file all of whose rows are kept out is refused too, and has no reason but theirs.
    reasons = sorted(
        desk.findings_of(feed_id), key=lambda row: row["severity"] == "reject_submission"
    )
    by_file = {one: row for row in reasons for one in _refused_with(row)}
    by_code: dict[str, list[tuple[Row, Row]]] = {}
    for file in desk.refused.get(feed_id, []):
        reason = by_file.get(file["submission_id"], {})
        by_code.setdefault(reason.get("code", ""), []).append((file, reason))
    for code, files in by_code.items():
        newest, reason = files[0]
        names = [file["file_name"] for file, _ in files]
        shown = ", ".join(names[:_NAMES_SHOWN])
        more = len(names) - _NAMES_SHOWN
        yield make(
            0, code, what=counted(len(files), "file was refused", "files were refused"),
            why=reason.get("message") or titles.get(code, "The answer to the file tells why."),
            fix=reason.get("fix") or "Read the answer to the file, and correct what it names.",
            file=shown + (f" and {more} more" if more > 0 else ""),
            place=place_of(reason) if reason.get("file_name") == newest["file_name"] else "",
            count=len(files), since=files[-1][0]["received_at"],
            later=f"The newest came {clock(newest['received_at'])}." if len(files) > 1 else "",
        )  # fmt: skip


def _refused_with(row: Row) -> list[str]:
    """The refused submissions that have the finding."""
    return (row.get("refused_submissions") or "").split()


def _missing(desk: Desk, feed: Row, since: date, make: Maker) -> Iterator[ToDo]:
    """Slots that are missing: of days one after the other, of shorter slots by day `since`.

    A publication tells of quarter-hours one by one for three days, and by day for five weeks.
    """
    contract = desk.collections.get(feed["collection"])
    runs = desk.missing_runs.get(feed["feed_id"], [])
    is_dated = contract is not None and contract.cadence.is_dated
    days = [
        row for row in desk.quality.get(feed["feed_id"], [])
        if row["day"] >= since and row["missing"]
    ]  # fmt: skip
    slots = sum(run["slots"] for run in runs) if is_dated else sum(row["missing"] for row in days)
    if not slots:
        return
    told = runs_told(runs, is_daily=is_dated)
    begun = day_start(days[0]["day"]).replace(tzinfo=None) if days else None
    if not is_dated:
        by_day = ", ".join(f"{row['day']:%a %-d %b} ({number(row['missing'])})" for row in days)
        told = f"{by_day}; the newest: {told}" if told else by_day
    yield make(
        1, "", what=counted(slots, "slot has no data", "slots have no data"),
        why=f"Nothing usable came for {told}.",
        fix="Send the data of these times; what comes late is taken too.",
        count=slots, since=runs[-1]["first_start"] if is_dated or begun is None else begun,
    )  # fmt: skip


def _watched(desk: Desk, feed_id: str, make: Maker) -> Iterator[ToDo]:
    """Open findings of the watch that the provider itself can mend."""
    by_code = grouped((one for one in desk.picture.alerts if one["feed_id"] == feed_id), "code")
    for code, rows in by_code.items():
        kind = desk.watch_kinds.get(code)
        if kind is None or not kind.sender_fix:
            continue
        newest = max(rows, key=lambda row: row["since"])
        subjects = sorted({row["subject"] for row in rows if row["subject"]})
        yield make(
            2, code, what=f"{kind.title}{': ' if subjects else ''}{', '.join(subjects)}",
            why=newest["message"], fix=kind.sender_fix, count=len(rows),
            since=min(row["since"] for row in rows),
        )  # fmt: skip


def _in_files(
    desk: Desk, feed_id: str, findings: Sequence[Row], titles: dict[str, str], make: Maker
) -> Iterator[ToDo]:
    """Findings in files that were loaded: rows and values that were kept out, and what to check."""
    # What refused files had is told with them.
    loaded = [row for row in findings if len(_refused_with(row)) < row["submissions"]]
    for (code, severity), rows in _by_kind(loaded).items():
        if severity not in _OF_SEVERITY:
            continue
        newest = rows[-1]
        count = sum(row["findings"] for row in rows)
        received = newest.get("received_at")
        yield make(
            _OF_SEVERITY[severity], code, what=f"{titles.get(code, code)}: found {_times(count)}",
            why=newest.get("message") or titles.get(code, ""), fix=newest.get("fix") or "",
            file=newest.get("file_name") or "", place=place_of(newest), count=count,
            since=rows[0].get("received_at") or day_start(rows[0]["day"]).replace(tzinfo=None),
            later=_since_then(desk, feed_id, received),
        )  # fmt: skip


def _by_kind(findings: Sequence[Row]) -> dict[tuple[str, str], list[Row]]:
    found: dict[tuple[str, str], list[Row]] = {}
    for row in sorted(findings, key=lambda row: row["day"]):
        found.setdefault((row["code"], row["severity"]), []).append(row)
    return found


def _since_then(desk: Desk, feed_id: str, received: datetime | None) -> str:
    if received is None:
        return ""
    newer = [
        one for one in desk.submissions.get(feed_id, [])
        if one["received_at"] > received and one["status"].startswith("accepted")
    ]  # fmt: skip
    if not newer:
        return "The newest good file has it."
    least = "at least " if len(newer) >= SUBMISSIONS_OF_A_FEED else ""
    files = counted(len(newer), "file", "files")
    return f"Found last {clock(received)}; not in the {least}{files} that came since."


def counted(count: int, one: str, many: str) -> str:
    """The number with its noun: 1 file, 1,234 files."""
    return f"{number(count)} {one if count == 1 else many}"


def _times(count: int) -> str:
    return "once" if count == 1 else f"{number(count)} times"
