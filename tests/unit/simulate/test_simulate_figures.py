"""Invented figures: the same by name, of the right shape, and within every rule."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest

from pipelines.base.clock import LONDON
from pipelines.conform.conformed_rows import row_schema
from pipelines.registry.contract import Collection
from pipelines.sample.trusts import choose_trusts
from pipelines.simulate.days import slots_of_day
from pipelines.simulate.figures import CORRECTABLE, MODELS, Figures
from pipelines.simulate.keys import Key, contract_areas, sites_of
from pipelines.simulate.profile import HOUR_PER_MILLE, SERVICES, WEEKDAY_FACTORS
from pipelines.validate.suite import ROW_ID, run_rules
from tests.support.simulate_feeds import contract

MONDAY = date(2026, 11, 2)
CLOCKS_GO_BACK, CLOCKS_GO_FORWARD = date(2026, 10, 25), date(2027, 3, 28)
KEYS: dict[str, list[Key]] = {
    "acute_realtime": [("R1H", "R1H01"), ("RM1", "RM101"), ("RM1", "RM102"), ("RM1", "RM103")],
    "nhs111": [("111AD5",), ("111QE1",), ("111QF7",)],
    "ambulance_sitrep": [("RRU",), ("R1F",), ("RX6",), ("RZZ",)],
}

Values = Mapping[str, npt.NDArray[Any]]


def figures_of(name: str, day: date, seed: int = 1, keys: list[Key] | None = None) -> Values:
    return Figures(seed, name, keys or KEYS[name]).of_day(day)


def same(left: Values, right: Values) -> bool:
    return left.keys() == right.keys() and all(
        np.array_equal(left[name], right[name]) for name in left
    )


@pytest.mark.parametrize("name", MODELS)
def test_every_column_of_the_contract_has_figures(name: str) -> None:
    columns = {column.name for column in contract(name).measures}
    assert figures_of(name, MONDAY).keys() == columns


@pytest.mark.parametrize("name", MODELS)
def test_the_seed_decides(name: str) -> None:
    assert same(figures_of(name, MONDAY), figures_of(name, MONDAY))
    assert not same(figures_of(name, MONDAY), figures_of(name, MONDAY, seed=2))


@pytest.mark.parametrize("name", MODELS)
def test_a_value_does_not_depend_on_what_else_is_asked_for(name: str) -> None:
    after_others = Figures(1, name, KEYS[name])
    for day in (date(2026, 11, 9), date(2026, 10, 1)):
        after_others.of_day(day)
    assert same(after_others.of_day(MONDAY), figures_of(name, MONDAY))
    alone = figures_of(name, MONDAY, keys=KEYS[name][1:2])
    together = figures_of(name, MONDAY)
    assert same(alone, {column: values[1:2] for column, values in together.items()})


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("day", [MONDAY, CLOCKS_GO_BACK, CLOCKS_GO_FORWARD])
def test_every_rule_holds_without_a_warning(name: str, day: date) -> None:
    collection = contract(name)
    values = figures_of(name, day)
    corrected = [{**values, column: values[column] + 3} for column in CORRECTABLE[name]]
    tables = [
        as_table(collection, KEYS[name], day, one, number)
        for number, one in enumerate([values, *corrected])
    ]
    table = pa.concat_tables(tables)
    table = table.append_column(ROW_ID, pa.array(range(table.num_rows), pa.int64()))
    failing = {
        outcome.code: table.take(outcome.failing_rows[:1]).to_pylist()
        for outcome in run_rules(table, collection.rules, parameters())
        if outcome.failing_rows.size or outcome.table_level_failure or outcome.missing_columns
    }
    assert failing == {}


def parameters() -> dict[str, Any]:
    return {
        "now": datetime(2028, 1, 1, tzinfo=UTC),
        "today": date(2028, 1, 1),
        "organisation_codes": ["R1H", "RM1"],
        "ambulance_codes": ["RRU", "R1F", "RX6", "RZZ"],
        "contract_area_codes": contract_areas(),
    }


def as_table(
    collection: Collection, keys: list[Key], day: date, values: Values, number: int
) -> pa.Table:
    """The rows of one submission of that number."""
    slots = slots_of_day(day, collection.cadence.slot_minutes)
    codes = [column.name for column in collection.key_columns if column.type == "code"]
    columns: dict[str, list[Any]] = {
        name: [key[at] for key in keys for _ in slots] for at, name in enumerate(codes)
    }
    times: list[Any] = [slot.replace(tzinfo=None) for slot in slots]
    if collection.cadence.is_daily:
        times = [day]
    columns[collection.time_column] = times * len(keys)
    columns |= {name: numbers.ravel().tolist() for name, numbers in values.items()}
    columns["submission_number"] = [number] * len(columns[codes[0]])
    columns["carried"] = [0] * len(columns[codes[0]])
    return pa.table(columns).select(row_schema(collection).names).cast(row_schema(collection))


@pytest.mark.parametrize(
    ("day", "slots"), [(MONDAY, 96), (CLOCKS_GO_BACK, 100), (CLOCKS_GO_FORWARD, 92)]
)
def test_since_midnight_never_falls_and_is_the_running_sum(day: date, slots: int) -> None:
    values = figures_of("acute_realtime", day)
    for name in (name for name in values if name.endswith("since_midnight")):
        assert values[name].shape == (4, slots)
        assert (np.diff(values[name], axis=1) >= 0).all()
        assert (values[name][:, 0] <= 30).all()
    attendances = values["attendances_since_midnight"]
    assert np.array_equal(attendances, np.cumsum(values["arrivals"], axis=1))


def test_patients_of_one_day_are_there_at_the_start_of_the_next() -> None:
    figures = Figures(1, "acute_realtime", KEYS["acute_realtime"])
    evening = figures.of_day(MONDAY)["patients_in_department"][:, -1]
    morning = figures.of_day(date(2026, 11, 3))["patients_in_department"][:, 0]
    assert (np.abs(evening - morning) <= 12).all()


def test_england_has_the_size_and_the_shape_of_published_days() -> None:
    trusts = [trust.code for trust in choose_trusts(MONDAY, MONDAY)][:125]
    keys: list[Key] = [(code, site) for code in trusts for site in sites_of(code)]
    assert 185 <= len(keys) <= 215
    values = figures_of("acute_realtime", MONDAY, keys=keys)
    by_hour = values["arrivals"].sum(axis=0).reshape(24, 4).sum(axis=1)
    assert 45_000 < by_hour.sum() < 85_000
    published = np.array(HOUR_PER_MILLE) / 1000
    assert np.abs(by_hour / by_hour.sum() - published).max() < 0.006
    by_ambulance = values["ambulance_arrivals"].sum(axis=0).reshape(24, 4).sum(axis=1)
    assert (by_ambulance / by_hour)[3] > 2 * (by_ambulance / by_hour)[10]


def test_the_week_has_its_shape() -> None:
    keys = KEYS["acute_realtime"]
    figures = Figures(1, "acute_realtime", keys)
    days = [date(2026, 11, number) for number in range(2, 30)]
    totals = [figures.of_day(day)["arrivals"].sum() for day in days]
    by_weekday = np.array(totals).reshape(4, 7).mean(axis=0)
    assert by_weekday.argmax() == 0 and by_weekday[:5].min() > by_weekday[5:].max()
    assert sum(WEEKDAY_FACTORS) == pytest.approx(7)
    assert sum(HOUR_PER_MILLE) == pytest.approx(1000, abs=0.5)


def test_nhs_111_and_ambulances_have_the_size_of_published_days() -> None:
    areas: list[Key] = [(code,) for code in contract_areas()]
    calls = figures_of("nhs111", MONDAY, keys=areas)["calls_received"]
    assert 40_000 < calls.sum() < 70_000
    services: list[Key] = [(code,) for code in SERVICES]
    incidents = figures_of("ambulance_sitrep", MONDAY, keys=services)["incidents"]
    assert 22_000 < incidents.sum() < 31_000


def test_the_repeated_hour_has_its_patients_twice() -> None:
    keys = KEYS["acute_realtime"]
    slots = slots_of_day(CLOCKS_GO_BACK, 15)
    hours = [slot.astimezone(LONDON).hour for slot in slots]
    assert [hours.count(hour) for hour in (0, 1, 2)] == [4, 8, 4]
    arrivals = figures_of("acute_realtime", CLOCKS_GO_BACK, keys=keys)["arrivals"]
    assert arrivals[:, 4:12].sum() > 0 and arrivals.shape[1] == len(slots)
