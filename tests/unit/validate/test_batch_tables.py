"""The quarantine holds each row that is kept out, and of very many rows not every cell."""

import json
from collections.abc import Iterator

import pytest

from pipelines.base.settings import settings
from pipelines.parse.formats.tables.table_places import TablePlaces
from pipelines.parse.rows import ParsedRows
from pipelines.validate.batch_tables import quarantine_table
from pipelines.validate.judged_rows import QuarantinedRow
from tests.support.small_tables import PATIENTS_OF_A_SLOT

KEY = PATIENTS_OF_A_SLOT.key
MEASURE = PATIENTS_OF_A_SLOT.measures[0].name


@pytest.fixture
def few_cells(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Room for two rows of three cells."""
    monkeypatch.setenv("SITREP_MOST_QUARANTINED_CELLS", str(2 * (len(KEY) + 1)))
    settings.cache_clear()
    yield
    settings.cache_clear()


def rows_of(number: int, length: int) -> Iterator[QuarantinedRow]:
    names = (*KEY, MEASURE)
    texts = {name: [f"{name} {row}" for row in range(length)] for name in names}
    places = TablePlaces(None, range(2, length + 2), {name: at for at, name in enumerate(names, 1)})
    parsed = ParsedRows(texts, places, length)
    for row in range(length):
        yield QuarantinedRow(number, row, parsed, ("ROW-001",))


@pytest.mark.usefixtures("few_cells")
def test_of_rows_beyond_the_bound_the_key_is_kept() -> None:
    both = [*rows_of(0, 4), *rows_of(1, 1)]
    table = quarantine_table(both, PATIENTS_OF_A_SLOT).to_pylist()
    cells = [json.loads(row["cells"]) for row in table]
    assert [MEASURE in own for own in cells] == [True, True, False, False, True]
    assert all(set(KEY) <= set(own) for own in cells)
    assert cells[3][KEY[0]] == {"text": f"{KEY[0]} 3", "sheet": None, "row": 5, "column": "A"}
