"""Published figures against levels: one alert from start to stop, paused when who reports falls."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipelines.base.errors import ConfigurationError
from pipelines.base.settings import settings
from pipelines.registry.registry import load_registry
from pipelines.watch.alert import roll_up
from pipelines.watch.alert_levels import AlertLevel, read_alert_levels
from pipelines.watch.monitors.beyond_level import LevelJudge, PublishedFigure
from pipelines.watch.state import Watched
from pipelines.watch.watch_finding import WatchFinding

SLOT = datetime(2026, 11, 30, 9, tzinfo=UTC)
QUARTER = timedelta(minutes=15)
TRUSTS = ("R0A Manchester", "RGT Cambridge", "RJZ King's", "RTH Oxford", "RX1 Nottingham")
ALL = frozenset(one.split()[0] for one in TRUSTS)
WORDS = {"means": "Few beds are free.", "do": "Call the site team.", "source": "Agreed today."}
FULL = AlertLevel(
    collection="acute_realtime", measure="ga_bed_occupancy", area="england",
    at_least=95, stop=93, **WORDS,
)  # fmt: skip
QUICK = AlertLevel(
    collection="nhs111", measure="answered_within_60_seconds_share", area="england",
    at_most=80, stop=85, **WORDS,
)  # fmt: skip
QUEUE = AlertLevel(
    collection="acute_realtime", measure="ambulances_waiting", area="england",
    at_least=100, stop=80, **WORDS,
)  # fmt: skip


def figure(level: AlertLevel, value: float | None, **told: Any) -> PublishedFigure:
    missing = told.pop("missing", ())
    known: dict[str, Any] = {
        "measure": level.measure, "code": "England", "place": "England", "value": value,
        "unit": "%", "slot": SLOT, "reporting": 5 - len(missing), "expected": 5,
        "organisations": "trusts", "missing": missing,
    }  # fmt: skip
    return PublishedFigure(**{**known, **told})


def judge(
    one: PublishedFigure,
    began: WatchFinding | None = None,
    level: AlertLevel = FULL,
    gave: frozenset[str] = ALL,
    later: timedelta = timedelta(minutes=35),
) -> WatchFinding | None:
    collection = load_registry().collections[level.collection]
    one_judge = LevelJudge(collection, level, "2026-11-26", (one.slot or SLOT) + later)
    return one_judge.judge(one, began, lambda slot: gave if slot == SLOT else frozenset())


def begun(level: AlertLevel = FULL, value: float = 96) -> WatchFinding:
    found = judge(figure(level, value), level=level)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("level", "values"),
    [(FULL, [94, 95, 94, 93.1, 95.5, 93, 94.9]), (QUICK, [81, 80, 82, 84.9, 70, 85, 80.1])],
)
def test_one_episode_lasts_from_the_start_to_the_stop(
    level: AlertLevel, values: list[float]
) -> None:
    began, told = None, []
    for number, value in enumerate(values):
        slot = SLOT + (number - 1) * QUARTER
        began = judge(figure(level, value, slot=slot), began, level)
        told.append(began and began.since)
    assert told == [None, SLOT, SLOT, SLOT, SLOT, None, None]


def test_it_says_what_of_whom_from_where_to_where_and_whose_level_it_is() -> None:
    found = judge(figure(FULL, 96.24))
    assert found is not None
    assert found.subject == "ga_bed_occupancy in England at 95"
    assert found.message == (
        "England: ga_bed_occupancy is 96.2% for Mon 30 Nov 2026 09:00 GMT, from 5 of 5 trusts. Few "
        "beds are free. Alert at 95% or more, over at 93% or less. Agreed today. (Version "
        "2026-11-26.)"
    )
    assert found.fix == "Call the site team."
    quick = judge(figure(QUICK, 70, organisations="contract areas"), level=QUICK)
    assert quick and "Alert at 80% or less, over at 85% or more." in quick.message


def test_a_figure_of_too_few_begins_nothing() -> None:
    assert judge(figure(FULL, 99, missing=TRUSTS[:1])) is not None, "four of five are enough"
    assert judge(figure(FULL, 99, missing=TRUSTS[:2])) is None
    patient = FULL.model_copy(update={"least_reporting": 0.4})
    assert judge(figure(FULL, 99, missing=TRUSTS[:2]), level=patient) is not None


@pytest.mark.parametrize("value", [99, 94, 60])
def test_an_open_one_is_paused_says_who_is_missing_and_goes_on(value: float) -> None:
    began = begun()
    paused = judge(figure(FULL, value, missing=TRUSTS[:2], slot=SLOT + QUARTER), began)
    assert paused is not None
    assert (paused.key, paused.since) == (began.key, SLOT)
    assert paused.message.startswith(
        "Paused: only 3 of 5 trusts report; missing R0A Manchester, RGT Cambridge. England: "
    )
    back = judge(figure(FULL, 94, slot=SLOT + 2 * QUARTER), paused)
    assert back is not None and "Paused" not in back.message
    assert (back.key, back.since) == (began.key, SLOT)
    assert judge(figure(FULL, 92, slot=SLOT + 3 * QUARTER), back) is None


def test_none_ends_while_somebody_is_missing_who_reported_when_it_began() -> None:
    began = begun()
    calm = figure(FULL, 92, missing=TRUSTS[:1])
    paused = judge(calm, began)
    assert paused is not None
    assert paused.message.startswith("Paused: only 4 of 5 trusts report; missing R0A Manchester.")
    assert judge(calm, began, gave=ALL - {"R0A"}) is None, "it had not reported then either"
    high = judge(replace(calm, value=94.0), began)
    assert high and "Paused" not in high.message, "it would not end in any case"


def test_a_sum_of_too_few_that_is_beyond_its_level_begins_one_and_a_share_does_not() -> None:
    few = figure(QUEUE, 100, missing=TRUSTS[:4], unit="ambulances at slot end")
    began = judge(few, level=QUEUE)
    assert began is not None and "from 1 of 5 trusts" in began.message
    assert judge(replace(few, value=99.0), level=QUEUE) is None
    paused = judge(replace(few, value=99.0), began, QUEUE)
    assert paused and paused.message.startswith("Paused: only 1 of 5 trusts report")
    low = AlertLevel(**{**QUEUE.model_dump(), "at_least": None, "at_most": 50, "stop": 60})
    assert judge(replace(few, value=10.0), level=low) is None, "the others may add to it"


def test_an_old_figure_or_none_begins_and_ends_nothing() -> None:
    # The slot is late after 30 minutes, and three slots are 45 more.
    young, old = timedelta(minutes=75), timedelta(minutes=76)
    assert judge(figure(FULL, 99), later=young) is not None
    assert judge(figure(FULL, 99), later=old) is None
    paused = judge(figure(FULL, 60), begun(), later=old)
    assert paused and paused.message.startswith("Paused: the newest figure is too old. England: ")
    assert judge(figure(FULL, 60), begun(), later=young) is None
    none = figure(FULL, None, slot=None, missing=TRUSTS)
    assert judge(none) is None
    paused = judge(none, begun())
    assert paused and paused.message.startswith("Paused: no figure came lately. Few beds")


def test_measures_stand_apart_in_an_alert_and_areas_together() -> None:
    told = [
        judge(figure(FULL, 99, code=code, place=code)) for code in ("England", "Y62", "Y63")
    ] + [judge(figure(QUEUE, 200), level=QUEUE)]
    rows = [Watched(one, SLOT, SLOT) for one in told if one]
    alert = roll_up(rows, [], 4, SLOT)
    assert alert is not None
    assert alert.text.count("A FIGURE IS BEYOND ITS ALERT LEVEL") == 1
    assert alert.text.count("- acute_realtime: ") == 2
    assert "Also affected (2): ga_bed_occupancy in Y62 at 95, ga_bed_occupancy in Y63 at 95." in (
        alert.text
    )


GOOD = {"collection": "acute_realtime", "measure": "ga_bed_occupancy", "area": "england",
        "at_least": 95, "stop": 93, **WORDS}  # fmt: skip
WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"stop": 95}, "stop", "must be below at_least"),
    ({"at_least": None, "at_most": 80, "stop": 80}, "stop", "must be above at_most"),
    ({"at_most": 80}, "collection", "needs either at_least or at_most"),
    ({"at_least": None}, "collection", "needs either at_least or at_most"),
    ({"at_least": float("inf")}, "at_least", "finite number"),
    ({"least_reporting": 1.1}, "least_reporting", "less than or equal to 1"),
    ({"area": "the North"}, "area", "'england', 'region' or 'trust'"),
    ({"source": " "}, "source", "is empty; write what people are to read there"),
    ({"collection": "acute"}, "collection", "there is no collection 'acute'; write one of: acute_"),
    ({"measure": "beds"}, "measure", "'beds' is no measure of 'acute_realtime'; write one of its"),
    ({"measure": "opel_level"}, "area", "has no figure of several"),
    ({"threshold": 3}, "threshold", "Extra inputs"),
]


def read(patch: pytest.MonkeyPatch, path: Path, *levels: dict[str, Any]) -> None:
    content = {"version": "2026-11-30", "levels": list(levels)}
    path.write_text(yaml.safe_dump(content, sort_keys=False), "utf-8")
    patch.setenv("SITREP_ALERT_LEVELS_FILE", str(path))
    settings.cache_clear()
    read_alert_levels(load_registry())


@pytest.mark.parametrize(("change", "key", "told"), WRONG)
def test_what_is_wrong_is_told_with_file_and_line(
    home: Path, monkeypatch: pytest.MonkeyPatch, change: dict[str, Any], key: str, told: str
) -> None:
    path = home.parent / "levels.yaml"
    wrong = {name: value for name, value in {**GOOD, **change}.items() if value is not None}
    with pytest.raises(ConfigurationError) as caught:
        read(monkeypatch, path, {**GOOD, "measure": "arrivals"}, wrong)
    lines = path.read_text("utf-8").splitlines()
    line = max(number for number, text in enumerate(lines, 1) if f" {key}:" in text)
    message = str(caught.value)
    assert message.startswith(f"{path}:{line}: levels.1"), message
    assert told in message


def test_a_level_that_stands_twice_is_refused(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = {**GOOD, "at_least": 97}
    read(monkeypatch, home.parent / "levels.yaml", GOOD, other, {**GOOD, "area": "region"})
    with pytest.raises(ConfigurationError, match=r"levels\.2: stands twice"):
        read(monkeypatch, home.parent / "levels.yaml", GOOD, other, {**GOOD, "stop": 90})


def test_the_project_s_own_levels_are_of_what_is_published() -> None:
    levels = read_alert_levels(load_registry())
    assert {one.area for one in levels.levels} == {"england", "region", "trust"}
    assert {one.at_least is None for one in levels.levels} == {True, False}
    for one in levels.levels:
        assert not one.source.startswith("Level set") or "to be agreed" in one.source
