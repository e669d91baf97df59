"""Which version a row follows: that of its slot's day in London, clocks and all."""

from datetime import date, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from pipelines.conform.conformed_rows import ConformedRows
from pipelines.conform.plain_rows import PlainRows
from pipelines.conform.typed_columns import carried_columns
from pipelines.registry.carried_words import place_of
from pipelines.registry.column import Column
from pipelines.registry.contract import Collection, Version
from pipelines.registry.registry import load_registry
from pipelines.validate.plain.plain_versions import plain_versions
from pipelines.validate.version_rows import _not_carried, version_rows
from tests.support.small_tables import BEDS_OF_A_DAY, PATIENTS_OF_A_SLOT

MONTHS = load_registry().collections["ae_attendances"]
YEARS = (("2018-19", 2018), ("2026-27", 2026), ("2027-28", 2027))


def of_years(contract: Collection) -> Collection:
    """The contract with three versions, of which the last has one column more."""
    column = {"name": "lifts", "type": "count", "unit": "lifts", "description": "What it is."}
    own = {name: getattr(contract, name) for name in Collection.model_fields}
    own["versions"] = tuple(
        Version(financial_year=year, start=date(begins, 4, 1), note="A year.")
        for year, begins in YEARS
    )
    own["columns"] = (*contract.columns, Column.model_validate({**column, "from": "2027-28"}))
    return Collection.model_validate(own)


@pytest.mark.parametrize(
    ("contract", "time", "year"),
    [
        (BEDS_OF_A_DAY, date(2010, 4, 1), "2018-19"),
        (BEDS_OF_A_DAY, date(2026, 3, 31), "2018-19"),
        (BEDS_OF_A_DAY, date(2026, 4, 1), "2026-27"),
        (BEDS_OF_A_DAY, date(2040, 1, 1), "2027-28"),
        (BEDS_OF_A_DAY, None, "2027-28"),
        (PATIENTS_OF_A_SLOT, datetime(2027, 3, 31, 22, 45), "2026-27"),
        (PATIENTS_OF_A_SLOT, datetime(2027, 3, 31, 23, 0), "2027-28"),
        (MONTHS, date(2026, 3, 1), "2018-19"),
        (MONTHS, date(2026, 4, 1), "2026-27"),
    ],
)
def test_a_row_follows_the_version_of_its_london_day(
    contract: Collection, time: Any, year: str
) -> None:
    changed = of_years(contract)
    kind = pa.timestamp("us") if contract is PATIENTS_OF_A_SLOT else pa.date32()
    table = pa.table({contract.time_column: pa.array([time], kind)})
    rows = version_rows(ConformedRows(table, {0: 0}, {}), changed)

    assert rows is not None
    assert rows.years_of(slice(0, 1)) == year
    assert version_rows(ConformedRows(table, {0: 0}, {}), contract) is None
    plain = plain_versions(PlainRows(changed, {contract.time_column: [time]}, [0], {}, 1))
    assert plain is not None and plain.years() == year


@pytest.mark.parametrize("place", [0, 62, 63, 130])
def test_a_row_is_without_the_column_in_whichever_word_its_bit_stands(place: int) -> None:
    collection = load_registry().collections["ambulance_quality"]
    names = carried_columns(collection)
    table = pa.table({name: pa.array([-1, -1], pa.int64()) for name in names})
    column = collection.measures[place]
    told = _not_carried(table, collection, column, np.array([True, False]))
    word, bit = place_of(place)
    for number, name in enumerate(names):
        left = ~bit if number == word else -1
        assert told[name].to_pylist() == [left, -1]
