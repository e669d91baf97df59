"""The contract of published tables refuses what does not describe a column."""

from typing import Any

import pytest
from pydantic import ValidationError

from pipelines.registry.registry import load_registry
from tests.support.published import tables_of
from warehouse.publish.published_tables import PublishedColumn, PublishedTable


@pytest.mark.parametrize(
    "column",
    [
        {"type": "TIMESTAMP", "meaning": "When it was."},
        {"type": "TIMESTAMP", "meaning": "When it was.", "time": "London day"},
        {"type": "DATE", "meaning": "The day."},
        {"type": "DATE", "meaning": "The day.", "time": "UTC instant"},
        {"type": "BIGINT", "meaning": "A count.", "time": "UTC instant"},
        {"type": "BIGINT", "meaning": ""},
        {"type": "BIGINT"},
        {"type": "FLOAT", "meaning": "A value."},
        {"type": "BIGINT", "meaning": "A count.", "units": "rows"},
    ],
)
def test_a_column_that_is_described_badly_is_refused(column: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        PublishedColumn.model_validate(column)


def test_a_key_of_no_column_is_refused() -> None:
    told = {name: "x" for name in ("title", "row", "meaning", "freshness", "window")}
    with pytest.raises(ValidationError, match="key names no column: day"):
        PublishedTable.model_validate({**told, "key": ["day"], "columns": {}})


def test_the_zone_and_the_unit_of_a_contracts_columns_are_told() -> None:
    tables = tables_of(load_registry())
    slots, days = tables["nhs111"].columns, tables["acute_sitrep"].columns
    assert slots["slot_start"].text.endswith("UTC instant.")
    assert days["report_date"].text.endswith("London day.")
    assert "Unit: beds at 08:00." in days["ga_beds_open"].text
    assert "Source item IUC ADC A01." in slots["calls_received"].text


def test_values_in_testing_are_told_apart() -> None:
    tables = tables_of(load_registry())
    assert "no part of England's figures" in tables["testing.nhs111"].text
    assert "no part of England's figures" not in tables["nhs111"].text
