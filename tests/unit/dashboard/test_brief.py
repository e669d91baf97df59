"""What the daily brief says of a small picture: partial, against what, how old, beside what."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from dashboard.brief.brief_figures import BriefFigure, brief_sections, usual_of_days
from dashboard.brief.brief_page import Occasion, old_told, render_brief
from dashboard.brief.brief_plan import BriefPlan, WorstPlan, brief_plan, parted
from dashboard.brief.brief_reading import BriefReading, WorstAsked
from dashboard.brief.brief_tables import feed_groups, winter_days, winter_rows, worst_table
from dashboard.compared import ComparedFigure
from dashboard.desk import ENGLAND, Desk
from dashboard.picture import Picture, Row, Series
from pipelines.registry.registry import load_registry

SLOT = datetime(2026, 11, 25, 7, 15)
MADE_AT = datetime(2026, 11, 25, 7, 30)
DAY = date(2026, 11, 25)
PERFORMANCE = "acute_realtime.four_hour_performance"
WORST = WorstAsked(WorstPlan(measure=PERFORMANCE, organisations=2, hours=24), MADE_AT)
NOTHING = BriefReading(findings=(), revised=(), winter=(), worst=())


def england(measure: str, value: float | None, reporting: int = 3, **more: Any) -> Row:
    row = {
        "collection": "acute_realtime", "measure": measure, "value": value, "unit": "patients",
        "slot_start": SLOT, "slot_end": MADE_AT, "received_at": datetime(2026, 11, 25, 7, 33),
        "reporting": reporting, "expected": 3, "organisations": "trusts",
        "missing": None if reporting == 3 else "RX1 Nottingham",
    }  # fmt: skip
    return {**row, **more}


def trust(code: str, value: float | None, region: str | None = "North West") -> Row:
    return {
        "collection": "acute_realtime", "measure": "four_hour_performance", "org_code": code,
        "org_name": f"Trust {code}", "region_code": region, "region_name": region, "value": value,
    }  # fmt: skip


def desk_of(*rows: Row, **more: Any) -> Desk:
    picture = Picture(
        name="uec-small", made_at=MADE_AT, england=rows, regions=(), trusts=(), expected=(),
        feeds=(), changes=(), submissions=(), findings=(), levels=(), series={}, sites=(),
        quality=(), finding_days=(), compared={}, scorecards=(), coverage_days=(), stage_changes=(),
    )  # fmt: skip
    return Desk(replace(picture, **more), load_registry())


def figure_of(desk: Desk) -> BriefFigure:
    (section,) = brief_sections(desk)
    (found,) = section.figures
    return found


def page_of(desk: Desk, **more: Any) -> str:
    occasion = Occasion(DAY, MADE_AT)
    told = {"reading": NOTHING, "days": {}, "worst": None, **more}
    return render_brief(desk, brief_plan(), occasion, **told).decode()


def test_what_the_plan_names_is_in_the_contracts() -> None:
    plan, collections = brief_plan(), load_registry().collections
    for name in (*plan.charts, *plan.regions):
        collection, measure = parted(name)
        contract = collections[collection]
        known = {one.name for one in contract.measures} | {one.name for one in contract.ratios}
        assert measure in known, name
    assert plan.worst is not None
    collection, measure = parted(plan.worst.measure)
    (ratio,) = [one for one in collections[collection].ratios if one.name == measure]
    assert ratio.better == "high"


def test_a_partial_figure_says_so_and_is_compared_with_its_own_past() -> None:
    key = (ENGLAND, "acute_realtime", "awaiting_admission")
    series = {key: Series([SLOT], [7.0], [False], [1.0], [2.0], [3.0])}

    def told(reporting: int, compared: ComparedFigure | None) -> BriefFigure:
        row = england("awaiting_admission", 7, reporting=reporting)
        return figure_of(desk_of(row, series=series, compared={key: compared} if compared else {}))

    whole = told(3, ComparedFigure(7, 1, 3, 3, 4))
    assert (whole.is_partial, whole.of_whom) == (False, "3 of 3 trusts")
    assert whole.usual == "Above 1 to 3"
    assert told(2, ComparedFigure(7, 8, 9, 2, 4)).usual == "Below 8 to 9, of the same 2 trusts"
    fewer = told(3, ComparedFigure(2, 1, 3, 2, 4))
    assert fewer.usual == "Within 1 to 3, of the 2 trusts that gave it then and now: 2 now"
    assert told(2, None).usual == "not compared: too few of the same gave it then"
    desk = desk_of(england("awaiting_admission", 7, reporting=2), series=series)
    assert figure_of(desk).is_partial
    page = page_of(desk)
    assert '<strong class="partial">Partial:</strong> 2 of 3 trusts' in page
    assert "1 of 1 headline figures are partial." in page
    assert "</strong> from Awaiting admission: RX1 Nottingham." in page


@pytest.mark.parametrize(
    ("value", "verdict"), [(95.0, "Meets"), (94.9, "Misses"), (None, "")], ids=str
)
def test_a_standard_is_met_or_missed_in_words(value: float | None, verdict: str) -> None:
    desk = desk_of(england("four_hour_performance", value, unit="%"))
    found = figure_of(desk)
    assert (found.verdict, found.standard) == (verdict, "at least 95.0%")
    assert "Handbook to the NHS Constitution" in page_of(desk)


def test_what_nobody_gave_is_no_zero() -> None:
    nothing = {"slot_start": None, "slot_end": None, "received_at": None}
    found = figure_of(desk_of(england("awaiting_admission", None, reporting=0, **nothing)))
    assert (found.value, found.unit, found.of_whom) == ("no value", "", "0 of 3 trusts")
    assert (found.measured, found.received) == ("nothing was given lately", "")


def test_the_three_ages_are_clock_times_in_london() -> None:
    summer: dict[str, Any] = {
        "slot_end": datetime(2026, 7, 1, 6),
        "received_at": datetime(2026, 7, 1, 6, 4),
    }
    found = figure_of(desk_of(england("awaiting_admission", 1, **summer)))
    assert (found.measured, found.received) == ("Wed 1 Jul 07:00", "Wed 1 Jul 07:04")
    assert "Published Wed 25 Nov 07:30, written Wed 25 Nov 07:30" in page_of(desk_of())


def test_many_who_are_missing_are_told_by_their_codes() -> None:
    many = "; ".join(f"R{number:02} A trust" for number in range(13))
    (section,) = brief_sections(desk_of(england("awaiting_admission", 1, 1, missing=many)))
    (missing,) = section.missing
    assert missing.who.startswith("13, by their codes: R00, R01, ")
    assert "A trust" not in missing.who


def test_what_is_usual_of_a_day_is_of_the_same_weekday() -> None:
    days = [datetime(2026, 10, 26) + timedelta(days=number) for number in range(31)]
    series = Series(days, [float(one.day) for one in days], [True] * 31, step=timedelta(days=1))
    assert usual_of_days(series, datetime(2026, 11, 25)) == (4.0, 28.0), "28 Oct to 18 Nov"
    assert usual_of_days(series, datetime(2026, 10, 26)) is None, "no week before is held"


def test_old_figures_are_told() -> None:
    def told(day: date, written_at: datetime) -> str:
        return old_told(MADE_AT, Occasion(day, written_at))

    assert told(DAY, MADE_AT + timedelta(minutes=30)) == ""
    assert "for 1 h 0 min before" in told(DAY, MADE_AT + timedelta(hours=1))
    tomorrow = told(date(2026, 11, 26), MADE_AT + timedelta(days=1))
    assert tomorrow == "Of this day nothing was published; they are of Wed 25 Nov 07:30."
    assert told(DAY, MADE_AT + timedelta(days=9)) == "", "a brief of a past day is as of that day"


def test_revisions_count_since_the_brief_before() -> None:
    before = MADE_AT - timedelta(hours=30)
    assert Occasion(DAY, MADE_AT, before).since(MADE_AT) == before
    for none in (None, MADE_AT - timedelta(days=8), MADE_AT):
        assert Occasion(DAY, MADE_AT, none).since(MADE_AT) == MADE_AT - timedelta(hours=24)


def test_the_worst_are_those_of_the_whole_time_and_say_of_how_many() -> None:
    trusts = [trust("RA1", 1.0), trust("RA2", 2.0), trust("RA3", 3.0), trust("RA4", None, None)]
    found = [
        {"org_code": code, "org_name": code, "value": value, "denominator": 10, "slots": slots}
        for code, value, slots in (("RA2", 40.0, 96), ("RA3", 50.0, 95), ("RA1", 60.0, 96))
    ]
    of_all = {"org_code": None, "org_name": "x", "value": 50.0, "denominator": 30, "slots": 96}
    table = worst_table(desk_of(trusts=trusts), WORST, [*found, of_all])
    assert table is not None
    assert [(one.name, one.value, one.is_whole) for one in table.rows] == [
        ("RA2 (RA2)", "40.0%", True), ("RA3 (RA3)", "50.0%", False),
    ]  # fmt: skip
    assert (table.reporting, table.expected, table.is_partial) == (3, 4, True)
    assert (table.missing, table.england) == ("RA4 Trust RA4", "50.0%")
    assert worst_table(desk_of(trusts=trusts), WORST, [{**of_all, "value": None}]) is None


def test_last_winter_is_of_a_whole_day_with_its_coverage() -> None:
    desk = desk_of(england("patients_over_12_hours", 5))
    days = winter_days(desk, DAY)
    assert days["acute_realtime"] == date(2026, 11, 24), "today is not over"
    row = {
        "collection": "acute_realtime", "measure": "patients_over_12_hours", "unit": "patients",
        "report_date": date(2026, 11, 24), "value": 9.0, "reporting": 2, "expected": 3,
        "report_date_before": date(2025, 11, 25), "value_before": 4.0, "reporting_before": 3,
    }  # fmt: skip
    (told,) = winter_rows(desk, days, [row, {**row, "report_date": DAY}])
    assert (told.of_whom, told.is_partial, told.value) == ("2 of 3 trusts", True, "9")
    assert (told.of_whom_before, told.value_before) == ("3 trusts", "4")
    assert not told.is_of_as_many
    page = page_of(desk, reading=replace(NOTHING, winter=[row]), days=days)
    assert '3 trusts <strong class="partial">Not as many</strong>' in page


def test_feeds_that_do_not_come_as_they_should_are_named_the_worst_first() -> None:
    def feed(name: str, health: str, missing: int, stage: str = "live") -> Row:
        return {
            "feed_id": name, "title": name, "health": health, "stage": stage, "slots_late": 0,
            "slots_missing": missing, "slots_expected": 95, "last_received_at": MADE_AT,
        }  # fmt: skip

    feeds = [feed(f"gap {number}", "gaps", number) for number in range(1, 9)]
    feeds += [feed("quiet", "silent", 9), feed("fine", "ok", 0)]
    feeds += [feed("shown", "silent", 9, "testing"), feed("new", "nothing yet", 0, "testing")]
    silent, nothing, gaps = feed_groups(desk_of(feeds=feeds))
    assert silent.named == ["quiet (9 of 95 slots missing, last file Wed 25 Nov 07:30)"]
    assert nothing.named == ["new, testing"]
    assert (gaps.count, gaps.named[0]) == (8, "gap 8 (8 of 95 slots missing)")
    page = page_of(desk_of(feeds=feeds))
    assert "10 of 12 feeds are silent, late or have gaps." in page
    assert "and 2 more" in page


def test_a_plan_may_be_without_the_worst() -> None:
    assert BriefPlan().worst is None
    assert "worst</h2>" not in page_of(desk_of())
