"""What a letter says: the week of each feed beside the week before, what is open, what comes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from dashboard.desk import Desk
from dashboard.letters.letter_weeks import LetterWeek, clock_changes
from dashboard.picture import Row
from dashboard.provider_pages import feed_of_change
from dashboard.to_do import ToDo, counted, to_do
from dashboard.words import figure, london, number, slot_told
from pipelines.base.nhs_numbers import mask_nhs_numbers
from pipelines.base.secrets import masked

CLOCKS_AHEAD = timedelta(weeks=3)
CONTRACTS_AHEAD = timedelta(weeks=8)
_REVISED_SHOWN = 5
_COUNTS = (
    *("expected", "on_time", "late", "missing", "files", "refused"),
    *("rows_loaded", "rows_kept_out", "values_rejected", "rows_revised"),
)
_QUIET_STAGES = ("onboarding", "retired")


@dataclass(frozen=True)
class FeedWeek:
    """A feed in the week, and in the week before."""

    feed: Row
    counts: Mapping[str, int]
    before: Mapping[str, int] | None
    """None where the publication does not reach back so far."""
    findings: int
    findings_before: int | None

    @property
    def on_time_told(self) -> str:
        """Slots on time of those expected, with their share."""
        return _share_told(self.counts)

    @property
    def before_told(self) -> str:
        """The same of the week before."""
        return "not known" if self.before is None else _share_told(self.before)

    @property
    def is_fine(self) -> bool:
        """Whether all that was expected came on time, and all of it was loaded."""
        worries = ("late", "missing", "refused", "rows_kept_out", "values_rejected")
        return not any(self.counts[name] for name in worries)


@dataclass(frozen=True)
class Letter:
    """All that is written to one provider."""

    code: str
    name: str
    week: LetterWeek
    feeds: Sequence[FeedWeek]
    to_do: Sequence[ToDo]
    notes: Sequence[str]
    """What was special about the week."""
    revised: Sequence[str]
    coming: Sequence[str]

    @property
    def lead(self) -> str:
        """The first sentences: how the week was, and how much there is to do."""
        if self.is_kind:
            return (
                "All that was expected of you came on time, and all of it was loaded. There is "
                "nothing to do. Thank you."
                if any(one.counts["expected"] for one in self.feeds)
                else "All that you sent was loaded. There is nothing to do. Thank you."
                if any(one.counts["files"] for one in self.feeds)
                else "Nothing was expected of you this week. There is nothing to do."
            )
        told = " ".join(self._slots_told())
        if not self.to_do:
            return f"{told} Nothing is left to do. Thank you."
        things = "One thing is" if len(self.to_do) == 1 else f"{len(self.to_do)} things are"
        return f"{told} {things} to be done; what costs most stands first."

    def _slots_told(self) -> Iterator[str]:
        total = {name: sum(one.counts[name] for one in self.feeds) for name in _COUNTS}
        if total["expected"]:
            slots = counted(total["expected"], "slot", "slots")
            yield (
                f"Of {slots} expected of you {number(total['on_time'])} came on time, "
                f"{number(total['late'])} late, and {number(total['missing'])} "
                f"{'is' if total['missing'] == 1 else 'are'} missing."
            )
        if not total["files"]:
            yield "No file came."
            return
        files = counted(total["files"], "file came", "files came")
        refused = counted(total["refused"], "was refused", "were refused")
        loaded = counted(total["rows_loaded"], "row was loaded", "rows were loaded")
        kept_out = number(total["rows_kept_out"])
        yield f"{files}, of which {refused}. {loaded}, and {kept_out} kept out."

    @property
    def is_kind(self) -> bool:
        """Whether there is nothing wrong to tell."""
        return not self.to_do and all(one.is_fine for one in self.feeds)


def letter_of(
    desk: Desk,
    code: str,
    feeds: Sequence[Row],
    week: LetterWeek,
    today: date,
    titles: dict[str, str],
) -> Letter:
    """The letter to the provider of these feeds, as written on that London day."""
    told = [one for one in feeds if one["stage"] not in _QUIET_STAGES]
    weeks = [_feed_week(desk, feed, week) for feed in told]
    return Letter(
        code=code,
        name=told[0]["provider_name"] or code,
        week=week,
        feeds=weeks,
        to_do=[_safe(one) for one in to_do(desk, told, week.first, titles)],
        notes=list(_notes(desk, told, week)),
        revised=[_plain(one) for one in _revised(desk, weeks, week)],
        coming=list(_coming(desk, told, today)),
    )


def has_letter(feeds: Sequence[Row]) -> bool:
    """Whether somebody of these feeds has begun, and not all have ended."""
    return any(one["stage"] not in _QUIET_STAGES for one in feeds)


def _feed_week(desk: Desk, feed: Row, week: LetterWeek) -> FeedWeek:
    name = feed["feed_id"]
    days = [row for row in desk.quality.get(name, []) if week.has(row["day"])]
    earlier = [row for row in desk.quality.get(name, []) if week.before.has(row["day"])]
    found = _findings(desk, name, week)
    if week.before.first < desk.first_day:
        return FeedWeek(feed, _sum(days), None, found, None)
    return FeedWeek(feed, _sum(days), _sum(earlier), found, _findings(desk, name, week.before))


def _findings(desk: Desk, feed_id: str, week: LetterWeek) -> int:
    """How much was found in the files of the week, what is for information only apart."""
    return sum(
        row["findings"]
        for row in desk.findings_of(feed_id)
        if week.has(row["day"]) and row["severity"] != "info"
    )


def _sum(days: Sequence[Row]) -> dict[str, int]:
    return {name: sum(row[name] or 0 for row in days) for name in _COUNTS}


def _share_told(counts: Mapping[str, int]) -> str:
    expected, on_time = counts["expected"], counts["on_time"]
    if not expected:
        return "none expected"
    return f"{number(on_time)} of {number(expected)} ({figure(100 * on_time / expected, '%')})"


def _notes(desk: Desk, feeds: Sequence[Row], week: LetterWeek) -> Iterator[str]:
    for change in clock_changes(week.first, week.last):
        yield change.told(is_over=True, has_quarter_hours=_has_quarter_hours(desk, feeds))
    for feed in feeds:
        if feed["stage"] != "live":
            yield f"{feed['title']} is {feed['stage']}: its figures are not in the national tables."


def _revised(desk: Desk, weeks: Sequence[FeedWeek], week: LetterWeek) -> Iterator[str]:
    """How many rows of each feed changed what was held, and the newest values of the week."""
    own = {one.feed["feed_id"]: one for one in weeks if one.counts["rows_revised"]}
    for one in own.values():
        count = one.counts["rows_revised"]
        rows = "row changed" if count == 1 else "rows changed"
        yield f"{one.feed['title']}: {number(count)} {rows} a value that was held."
    changes = [
        row for row in desk.picture.changes
        if feed_of_change(row) in own and week.has(london(row["changed_at"]).date())
    ]  # fmt: skip
    for row in changes[:_REVISED_SHOWN]:
        who = row["site_code"] or row["org_name"] or row["org_code"]
        is_day = desk.collections[row["collection"]].cadence.is_dated
        # A London day begins at midnight in London, and is told by its date.
        moment = london(row["slot_start"]).replace(tzinfo=None) if is_day else row["slot_start"]
        before, after = _value(row["value_before"], "none"), _value(row["value_after"], "no value")
        slot = slot_told(moment, is_day=is_day)
        yield f"{desk.board.label(row['measure'])} of {who} for {slot}: {before} became {after}."


def _value(value: float | None, without: str) -> str:
    return without if value is None else number(value)


def _coming(desk: Desk, feeds: Sequence[Row], today: date) -> Iterator[str]:
    """Changes of the clocks and of contracts that are near."""
    for change in clock_changes(today, today + CLOCKS_AHEAD):
        yield change.told(is_over=False, has_quarter_hours=_has_quarter_hours(desk, feeds))
    for name in dict.fromkeys(feed["collection"] for feed in feeds):
        contract = desk.collections.get(name)
        for version in contract.versions if contract else ():
            if today < version.start <= today + CONTRACTS_AHEAD:
                yield (
                    f"The contract of {desk.board.title(name)} changes on "
                    f"{version.start:%-d %B %Y} ({version.financial_year}): {version.note}"
                )


def _has_quarter_hours(desk: Desk, feeds: Sequence[Row]) -> bool:
    contracts = [desk.collections.get(feed["collection"]) for feed in feeds]
    return any(one is not None and not one.cadence.is_dated for one in contracts)


def _safe(one: ToDo) -> ToDo:
    """The problem without anything that looks like a number of a patient, or is a secret."""
    words: dict[str, Any] = {
        name: _plain(value) if isinstance(value, str) else value
        for name, value in vars(one).items()
    }
    return ToDo(**words)


def _plain(text: str) -> str:
    return masked(mask_nhs_numbers(text))
