"""To the cell: the published winters, read here by plain means, equal what the control room reads.

The workbooks are read with calamine alone and with positions and headings written down by hand
for each winter. The pipeline's reader is not used, so that the two can disagree.
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook
from xlsxwriter.utility import xl_col_to_name

from pipelines import steps
from pipelines.base.settings import settings
from tests.support.ledger_questions import (
    ACUTE,
    AMBULANCE,
    ask_ledger,
    ask_publication,
    assert_answered_once,
    assert_rows_add_up,
    use_home,
)
from warehouse.publish.publications import copy_path

Table = list[list[Any]]
Cells = dict[str, dict[tuple[str, date], dict[str, int | None]]]
"""Collection → (trust, day) → measure → value, None where the cell is missing."""

REGION, CODE, FIRST = 1, 3, 5
"""Columns B (region), D (code) and F (first figure), counted from 0, on every sheet."""
DATES, HEADER, ENGLAND, TRUSTS = 13, 14, 15, 17
"""Rows 14, 15, 16 and 18, counted from 0, on every sheet."""
MISSING = {"-", "N/A"}

OPEL = {0.0: 0, "OPEL 3": 3, "OPEL 3 ": 3, "OPEl 3": 3, "OPEL3": 3, "OPEL 4": 4, "OPEL 4 ": 4}
RANGES = {
    "02-04 Dec 16": (date(2016, 12, 2), 3),
    "10-11 Dec-16": (date(2016, 12, 10), 2),
    "17-18 Dec-16": (date(2016, 12, 17), 2),
    "24-27 Dec-16": (date(2016, 12, 24), 4),
    "31 Dec 16 - 02 Jan 17": (date(2016, 12, 31), 3),
    "07-08 Jan-17": (date(2017, 1, 7), 2),
}
"""Heading over several days → its first day and the number of its days."""


@dataclass(frozen=True)
class Winter:
    """Where everything stands in one workbook."""

    name: str
    first_day: date
    days: int
    last_trust_row: int
    regions: Mapping[str, str]
    daily: Mapping[str, tuple[str, int]]
    """Sheet with dates in its header → its measure and the number of its date columns."""
    blocks: Mapping[str, Mapping[str, str | None]]
    """Sheet with a block of columns per day → heading → measure, None for derived figures."""
    notes: Mapping[str, tuple[int, ...]]
    """Sheet → rows of the notes under its table, counted from 1."""

    @property
    def sheets(self) -> list[str]:
        return [*self.daily, *self.blocks]


WINTER_2018 = Winter(
    name="Winter-data-timeseries-20190307.xlsx",
    first_day=date(2018, 12, 3),
    days=91,
    last_trust_row=151,
    regions={
        "North Of England Commissioning Region": "Y54",
        "Midlands And East Of England Commissioning Region": "Y55",
        "London Commissioning Region": "Y56",
        "South West of England Commissioning Region": "Y58",
        "South East of England Commissioning Region": "Y59",
    },
    daily={"A&E Closures": ("ae_closures", 91), "A&E Diverts": ("ae_diverts", 91)},
    blocks={
        "G&A beds": {
            "Core Beds Open": "ga_core_beds_open",
            "Escalation Beds Open": "ga_escalation_beds_open",
            "Total Beds Open": "ga_beds_open",
            "Total beds occ'd": "ga_beds_occupied",
            "Occupancy rate": None,
        },
        "Beds Occ by long stay patients": {
            "> 7 days": "patients_over_7_days",
            "> 14 days": "patients_over_14_days",
            "> 21 days": "patients_over_21_days",
        },
        "D&V, Norovirus": {
            "Beds closed": "beds_closed_norovirus",
            "Beds closed unocc": "beds_closed_norovirus_unoccupied",
        },
        "Adult critical care": {
            "CC Adult Open": "adult_critical_care_beds_open",
            "CC Adult Occ": "adult_critical_care_beds_occupied",
            "Occupancy rate": None,
        },
        "Paediatric intensive care": {
            "Paed Int Care Open": "paediatric_intensive_care_beds_open",
            "Paed Int Care Occ": "paediatric_intensive_care_beds_occupied",
            "Occupancy rate": None,
        },
        "Neonatal intensive care ": {
            "Neo Int Care Open": "neonatal_intensive_care_beds_open",
            "Neo Int Care Occ": "neonatal_intensive_care_beds_occupied",
            "Occupancy rate": None,
        },
        "Ambulance Arrivals and Delays": {
            "Arriving by ambulance": "ambulance_arrivals",
            "Delay 30-60 mins": "handovers_30_to_60_minutes",
            "Delay >60 mins": "handovers_over_60_minutes",
        },
    },
    notes={
        "G&A beds": (155, 156),
        "Beds Occ by long stay patients": (154, 155, 156),
        "D&V, Norovirus": (154, 155),
        "Adult critical care": (154, 155),
        "Paediatric intensive care": (154, 155, 156),
        "Neonatal intensive care ": (154, 155, 156),
        "Ambulance Arrivals and Delays": (154, 155, 156),
    },
)

WINTER_2016 = Winter(
    name="Winter-data-timeseries-20170312.xlsx",
    first_day=date(2016, 12, 1),
    days=102,
    last_trust_row=169,
    regions={
        "North Of England Commissioning Region": "Y54",
        "Midlands And East Of England Commissioning Region": "Y55",
        "London Commissioning Region": "Y56",
        "South Of England Commissioning Region": "Y57",
    },
    daily={
        "A&E closures": ("ae_closures", 102),
        "A&E diverts": ("ae_diverts", 102),
        "Emergency admissions": ("emergency_admissions", 102),
        "Trusts with Pressures": ("opel_level", 74),
    },
    blocks={
        "A&E attendances": {
            "Type 1 attendances": "ae_attendances_type_1",
            "Type 2 attendances": "ae_attendances_type_2",
            "Type 3 attendances": "ae_attendances_type_3",
            "Total attendances": "ae_attendances",
        },
        "G&A beds": {
            "Core beds avail": "ga_core_beds_open",
            "Escalation beds avail": "ga_escalation_beds_open",
            "Total beds avail": "ga_beds_open",
            "Total beds occ'd": "ga_beds_occupied",
        },
        "D&V, Norovirus": {
            "Beds closed norovirus": "beds_closed_norovirus",
            "Beds closed norovirus 1": "beds_closed_norovirus",
            "Beds closed unocc": "beds_closed_norovirus_unoccupied",
            "Beds closed unocc 2": "beds_closed_norovirus_unoccupied",
        },
        "Adult critical care": {
            "CC Adult avail": "adult_critical_care_beds_open",
            "CC Adult Occ": "adult_critical_care_beds_occupied",
        },
        "Paediatric intensive care": {
            "Paed Int Care Avail": "paediatric_intensive_care_beds_open",
            "Paed Int Care Occ": "paediatric_intensive_care_beds_occupied",
        },
        "Neonatal intensive care ": {
            "Neo Int Care Avail": "neonatal_intensive_care_beds_open",
            "Neo Int Care Occ": "neonatal_intensive_care_beds_occupied",
        },
    },
    notes={
        "A&E closures": (171,),
        "A&E diverts": (171, 172),
        "A&E attendances": (171, 172, 173),
        "G&A beds": (171, 172, 173, 174, 175),
        "D&V, Norovirus": (171, 172, 173),
        "Adult critical care": (171, 172, 173, 174),
        "Paediatric intensive care": (171, 172, 173, 174),
        "Neonatal intensive care ": (171, 172, 173, 174),
        "Trusts with Pressures": (171, 172, 173, 174),
    },
)

_NEW_YEARS_DAY, _WEEK_AFTER = date(2017, 1, 1), date(2017, 1, 8)
_REPEATED = (
    "emergency_admissions",
    "beds_closed_norovirus",
    "beds_closed_norovirus_unoccupied",
    "adult_critical_care_beds_open",
    "adult_critical_care_beds_occupied",
    "paediatric_intensive_care_beds_occupied",
    "neonatal_intensive_care_beds_open",
    "neonatal_intensive_care_beds_occupied",
)
KNOWN_DIFFERENCES = {
    (measure, day) for measure in _REPEATED for day in (_NEW_YEARS_DAY, _WEEK_AFTER)
}
KNOWN_DIFFERENCES |= {("paediatric_intensive_care_beds_open", _NEW_YEARS_DAY)}
"""England's row has the same figure on both days. For the 17th cell it is right on the second."""


@dataclass(frozen=True)
class Book:
    """One workbook as it was read here."""

    winter: Winter
    tables: dict[str, Table]
    cells: Cells
    england: dict[tuple[str, date], tuple[float, str, str]]
    """(measure, day) → England's figure, its sheet and its column."""

    @property
    def trusts(self) -> Table:
        """The trusts' rows of any sheet; they are the same on all."""
        return trust_rows(self.winter, self.tables[self.winter.sheets[0]])


def read_book(path: Path, winter: Winter) -> Book:
    """The workbook, cell by cell."""
    source = CalamineWorkbook.from_path(str(path))
    tables = {
        name: source.get_sheet_by_name(name).to_python(skip_empty_area=False)
        for name in source.sheet_names
    }
    assert [name for name in tables if name != "Macro1"] == sorted(
        winter.sheets, key=list(tables).index
    )
    book = Book(winter, tables, {"acute_sitrep": {}, "ambulance_handover": {}}, {})
    for name in winter.sheets:
        table = tables[name]
        collection = "ambulance_handover" if name.startswith("Ambulance") else "acute_sitrep"
        rows = book.cells[collection]
        for column, measure, days in read_headings(winter, name, table):
            is_level = measure == "opel_level"
            for row in trust_rows(winter, table):
                value = read_cell(row[column], is_level)
                for day in days:
                    values = rows.setdefault((row[CODE], day), {})
                    assert measure not in values, (name, measure, day)
                    values[measure] = value
            for day in days:
                figure = table[ENGLAND][column]
                assert isinstance(figure, float)
                book.england[measure, day] = figure, name, xl_col_to_name(column)
    return book


def trust_rows(winter: Winter, table: Table) -> Table:
    rows = table[TRUSTS : winter.last_trust_row]
    assert all(len(row[CODE].strip()) == 3 for row in rows)
    assert not any(row[CODE].strip() for row in table[winter.last_trust_row :])
    return rows


def read_headings(
    winter: Winter, name: str, table: Table
) -> Iterator[tuple[int, str, tuple[date, ...]]]:
    """Each column of figures: its index, measure and days. Derived figures are left out."""
    if name in winter.daily:
        measure, columns = winter.daily[name]
        for column in range(FIRST, FIRST + columns):
            yield column, measure, read_day(table[HEADER][column])
        rest = [row[FIRST + columns :] for row in trust_rows(winter, table)]
        assert not any(cell for cells in rest for cell in cells)
        return
    per_day = len(set(winter.blocks[name].values()))
    for column in range(FIRST, FIRST + per_day * winter.days):
        measure_or_none = winter.blocks[name][table[HEADER][column]]
        first_of_block = FIRST + (column - FIRST) // per_day * per_day
        if measure_or_none is not None:
            yield column, measure_or_none, (table[DATES][first_of_block],)
    assert len(table[HEADER]) == FIRST + per_day * winter.days


def read_day(heading: Any) -> tuple[date, ...]:
    if isinstance(heading, date):
        return (heading,)
    first, days = RANGES[heading]
    return tuple(first + timedelta(days=offset) for offset in range(days))


def read_cell(cell: Any, is_level: bool) -> int | None:
    if is_level:
        return OPEL[cell]
    if cell in MISSING:
        return None
    assert isinstance(cell, float) and cell.is_integer(), cell
    return int(cell)


@pytest.fixture(scope="module")
def book_2018(winter_2018: Path) -> Book:
    return read_book(winter_2018, WINTER_2018)


@pytest.fixture(scope="module")
def book_2016(winter_2016: Path) -> Book:
    return read_book(winter_2016, WINTER_2016)


@pytest.fixture(scope="module")
def books(book_2016: Book, book_2018: Book) -> tuple[Book, Book]:
    return book_2016, book_2018


@pytest.fixture(scope="module")
def published(
    tmp_path_factory: pytest.TempPathFactory, winter_2016: Path, winter_2018: Path
) -> Iterator[Path]:
    """A home in which both workbooks were drained and published."""
    with pytest.MonkeyPatch.context() as patch:
        home = use_home(patch, tmp_path_factory.mktemp("published") / "home")
        for path in (winter_2016, winter_2018):
            assert len(steps.land_files([path])) == 2
        assert steps.drain() == 4
        steps.publish()
        yield home
    settings.cache_clear()


@pytest.mark.parametrize("collection", ["acute_sitrep", "ambulance_handover"])
def test_publication_equals_the_workbooks_to_the_cell(
    published: Path, books: tuple[Book, Book], collection: str
) -> None:
    expected = {**books[0].cells[collection], **books[1].cells[collection]}
    assert len(expected) == sum(len(book.cells[collection]) for book in books)
    found = ask_publication(published, f"FROM main.{collection}")

    assert len(found) == len(expected)
    assert {(row["org_code"], row["report_date"]) for row in found} == set(expected)
    beside = {"org_code", "report_date", "org_name", "region_code", "submission_id", "recorded_at"}
    measures = set(found[0]) - beside
    assert {measure for values in expected.values() for measure in values} <= measures
    differences = [
        (row["org_code"], row["report_date"], measure, row[measure], own.get(measure))
        for row in found
        for own in [expected[row["org_code"], row["report_date"]]]
        for measure in measures
        if row[measure] != own.get(measure)
    ]
    assert differences == []


def test_the_plain_reading_holds_every_figure(books: tuple[Book, Book]) -> None:
    """What the publication is compared with is not an empty reading."""
    counted = []
    for book in books:
        rows = [values for own in book.cells.values() for values in own.values()]
        values = [value for own in rows for value in own.values()]
        counted.append((len(values), values.count(None)))
    over_ranges = sum(days - 1 for _, days in RANGES.values())
    # 19 figures a day, and OPEL in 74 columns of which some stand for several days. The dashes
    # of 2018-19 all stand for rates, which are derived and not stored.
    assert counted[0] == (19 * 102 * 152 + (74 + over_ranges) * 152, 9)
    assert counted[1] == (20 * 91 * 134, 0)


def test_measures_that_a_winter_lacks_are_missing(published: Path) -> None:
    counts = ask_publication(
        published,
        """
        SELECT report_date < DATE '2018-01-01' AS is_first, count(patients_over_7_days) AS long,
               count(ae_attendances) AS attended, count(opel_level) AS levels
        FROM main.acute_sitrep GROUP BY ALL ORDER BY is_first DESC
        """,
    )
    assert [row["long"] for row in counts] == [0, 91 * 134]
    assert [row["attended"] for row in counts] == [102 * 152, 0]
    assert [row["levels"] for row in counts] == [84 * 152, 0]


def test_a_range_of_days_gives_its_level_to_each_day(published: Path, book_2016: Book) -> None:
    header = book_2016.tables["Trusts with Pressures"][HEADER]
    column = header.index("31 Dec 16 - 02 Jan 17")
    days = [date(2016, 12, 31), date(2017, 1, 1), date(2017, 1, 2)]
    rows = trust_rows(WINTER_2016, book_2016.tables["Trusts with Pressures"])
    stated = {row[CODE]: OPEL[row[column]] for row in rows}
    assert set(stated.values()) == {0, 3, 4}
    found = ask_publication(
        published,
        "SELECT org_code, report_date, opel_level FROM main.acute_sitrep "
        "WHERE list_contains(?, report_date)",
        days,
    )
    assert len(found) == 3 * 152
    assert all(row["opel_level"] == stated[row["org_code"]] for row in found)


def test_england_differs_in_the_17_known_cells_only(published: Path, book_2016: Book) -> None:
    found = ask_ledger(
        published,
        "SELECT s.file_name, i.* FROM ops.issue AS i JOIN ops.submission AS s "
        "USING (submission_id, attempt) WHERE i.code = 'SUM-001'",
    )
    assert {(row["column_name"], row["slot"]) for row in found} == {
        (measure, day.isoformat()) for measure, day in KNOWN_DIFFERENCES
    }
    assert len(found) == len(KNOWN_DIFFERENCES) == 17
    for row in found:
        assert row["file_name"] == WINTER_2016.name
        day = date.fromisoformat(row["slot"])
        figure, sheet, column = book_2016.england[row["column_name"], day]
        assert (row["sheet"], row["row_number"], row["column_letter"]) == (sheet, 16, column)
        assert float(row["value"].replace(",", "")) == figure
        assert row["value"] in row["message"] and row["severity"] == "warn"


def test_national_daily_names_the_same_17_differences(published: Path) -> None:
    found = ask_publication(
        published, "FROM main.national_daily WHERE value IS DISTINCT FROM published_value"
    )
    assert {(row["measure"], row["report_date"]) for row in found} == KNOWN_DIFFERENCES
    assert len(found) == 17


def test_england_is_the_sum_of_the_trusts_every_day(
    published: Path, books: tuple[Book, Book]
) -> None:
    sums: defaultdict[tuple[str, date], float] = defaultdict(float)
    reporting: defaultdict[tuple[str, date], int] = defaultdict(int)
    stated: dict[tuple[str, date], float] = {}
    for book in books:
        stated |= {key: figure for key, (figure, _, _) in book.england.items()}
        for rows in book.cells.values():
            for (_, day), values in rows.items():
                for measure, value in values.items():
                    counted = value if measure != "opel_level" else int((value or 0) > 0)
                    sums[measure, day] += counted or 0
                    reporting[measure, day] += value is not None
    found = ask_publication(published, "FROM main.national_daily")
    assert {(row["measure"], row["report_date"]) for row in found} == set(sums)
    for row in found:
        key = row["measure"], row["report_date"]
        assert row["value"] == sums[key], key
        assert row["organisations"] == reporting[key], key
        assert row["published_value"] == stated[key], key
    disagreeing = {key for key in sums if sums[key] != stated[key]}
    assert disagreeing == KNOWN_DIFFERENCES


def test_national_figures_of_3_december_2018(published: Path) -> None:
    found = ask_publication(
        published,
        "SELECT measure, value, published_value FROM main.national_daily "
        "WHERE report_date = DATE '2018-12-03'",
    )
    values = {row["measure"]: (row["value"], row["published_value"]) for row in found}
    assert values["ambulance_arrivals"] == (14491, 14491)
    assert values["ga_beds_open"] == (96403, 96403)
    assert values["ga_beds_occupied"] == (91533, 91533)


def test_every_submission_adds_up_and_is_answered_once(published: Path) -> None:
    assert_rows_add_up(published)
    assert_answered_once(published)
    rows = ask_ledger(
        published,
        "SELECT file_name, feed_id, status, rows_read, rows_accepted, rows_quarantined, "
        "rows_skipped FROM ops.submission",
    )
    counts = {(row["file_name"], row["feed_id"]): tuple(row.values())[2:] for row in rows}
    assert counts == {
        (WINTER_2016.name, ACUTE): ("accepted", 102 * 153, 102 * 152, 0, 102),
        (WINTER_2016.name, AMBULANCE): ("empty", 0, 0, 0, 0),
        (WINTER_2018.name, ACUTE): ("accepted", 91 * 135, 91 * 134, 0, 91),
        (WINTER_2018.name, AMBULANCE): ("accepted", 91 * 135, 91 * 134, 0, 91),
    }


@pytest.mark.parametrize("winter", [WINTER_2016, WINTER_2018], ids=["2016-17", "2018-19"])
def test_every_row_of_every_sheet_is_counted_once(
    published: Path, books: tuple[Book, Book], winter: Winter
) -> None:
    book = next(one for one in books if one.winter is winter)
    reports = [
        report
        for row in ask_ledger(
            published, "SELECT sheets FROM ops.submission WHERE file_name = ?", winter.name
        )
        for report in json.loads(row["sheets"])
    ]
    assert sorted(report["sheet"] for report in reports) == sorted(winter.sheets)
    for report in reports:
        table = book.tables[report["sheet"]]
        filled = sum(any(str(cell).strip() for cell in row) for row in table)
        skipped = report["skipped_rows"]
        assert report["organisations"] == len(trust_rows(winter, table))
        assert report["organisations"] + sum(skipped.values()) == filled, report["sheet"]
        assert skipped["national_total"] == 1 and skipped["header"] == 1
        assert skipped.get("note", 0) == len(winter.notes.get(report["sheet"], ()))


@pytest.mark.parametrize("winter", [WINTER_2016, WINTER_2018], ids=["2016-17", "2018-19"])
def test_notes_are_in_the_ledger_with_their_text(
    published: Path, books: tuple[Book, Book], winter: Winter
) -> None:
    book = next(one for one in books if one.winter is winter)
    found = ask_ledger(
        published,
        "SELECT i.* FROM ops.issue AS i JOIN ops.submission AS s USING (submission_id, attempt) "
        "WHERE i.code = 'SHEET-004' AND s.file_name = ?",
        winter.name,
    )
    assert sorted((row["sheet"], row["row_number"]) for row in found) == sorted(
        (sheet, row) for sheet, rows in winter.notes.items() for row in rows
    )
    for row in found:
        first_cell = next(cell for cell in book.tables[row["sheet"]][row["row_number"] - 1] if cell)
        assert first_cell.strip() in row["value"] and row["value"] in row["message"]


def test_the_very_hidden_sheet_is_reported(published: Path) -> None:
    found = ask_ledger(published, "FROM ops.issue WHERE code = 'SHEET-003'")
    assert [row["value"] for row in found] == ["Macro1", "Macro1"]
    assert len({row["submission_id"] for row in found}) == 2
    assert not ask_ledger(published, "FROM ops.issue WHERE code IN ('SHEET-001', 'SHEET-002')")


def test_no_value_of_a_published_winter_is_lost_to_a_heading(published: Path) -> None:
    assert not ask_ledger(published, "FROM ops.issue WHERE code LIKE 'HEAD-%'")
    assert not ask_ledger(published, "FROM ops.issue WHERE severity LIKE 'reject%'")


def test_regions_are_those_of_the_workbooks(published: Path, books: tuple[Book, Book]) -> None:
    for book in books:
        last_day = book.winter.first_day + timedelta(days=book.winter.days - 1)
        stated = {row[CODE]: book.winter.regions[row[REGION]] for row in book.trusts}
        for table in ("acute_sitrep", "ambulance_handover"):
            found = ask_publication(
                published,
                f"SELECT DISTINCT org_code, region_code FROM main.{table} "
                "WHERE report_date BETWEEN ? AND ?",
                book.winter.first_day,
                last_day,
            )
            assert len(found) == (len(stated) if book.cells[table] else 0)
            assert all(row["region_code"] == stated[row["org_code"]] for row in found)


def test_every_published_row_says_whose_it_is_and_where_it_came_from(published: Path) -> None:
    for table in ("acute_sitrep", "ambulance_handover"):
        incomplete = ask_publication(
            published,
            f"FROM main.{table} WHERE org_name IS NULL OR region_code IS NULL "
            "OR submission_id IS NULL OR recorded_at IS NULL",
        )
        assert incomplete == []
    orphans = ask_publication(
        published,
        "SELECT submission_id FROM main.acute_sitrep "
        "ANTI JOIN main.submission USING (submission_id)",
    )
    assert orphans == []


@pytest.mark.long
def test_parquet_and_description_agree_with_the_tables(published: Path) -> None:
    folder = published / "publications"
    description = json.loads((folder / "current.json").read_text("utf-8"))
    with_data = {name: age for name, age in description["data_as_of"].items() if age is not None}
    assert with_data == {"acute_sitrep": "2019-03-03", "ambulance_handover": "2019-03-03"}
    for table, rows in description["rows"].items():
        parquet = str(copy_path(folder / description["parquet"], table))
        named = table if "." in table else f"main.{table}"
        different = ask_publication(
            published,
            f"SELECT count(*) AS rows FROM {named} UNION ALL "
            f"SELECT count(*) FROM (FROM {named} EXCEPT ALL FROM read_parquet('{parquet}'))",
        )
        assert [row["rows"] for row in different] == [rows, 0], table
