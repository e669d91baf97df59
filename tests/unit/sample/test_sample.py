"""The sample workbooks: the publisher's layout, invented numbers, known oddities."""

import re
from collections import Counter
from collections.abc import Callable
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from python_calamine import CalamineError, CalamineWorkbook, SheetVisibleEnum

from pipelines.base.errors import UsageError
from pipelines.sample import dialect_2016, write_broken, write_sample
from pipelines.sample.sample_figures import Figures, invent_figures
from pipelines.sample.trusts import Trust, choose_trusts
from pipelines.sample.warts import ENGLAND_ERROR, write_levels
from pipelines.sample.winter import FIRST_WINTER, SECOND_WINTER, Winter, pressure_spans

DAYS, TRUSTS = 45, 16
HEADER, ENGLAND, LOOKUPS, FIRST_TRUST, FIRST_FIGURE = 14, 15, 16, 17, 5

FIRST_SHEETS = [
    "A&E closures",
    "A&E diverts",
    "A&E attendances",
    "Emergency admissions",
    "G&A beds",
    "D&V, Norovirus",
    "Adult critical care",
    "Paediatric intensive care",
    "Neonatal intensive care ",
    "Trusts with Pressures",
    "Macro1",
]
SECOND_SHEETS = [
    "A&E Closures",
    "A&E Diverts",
    "G&A beds",
    "Beds Occ by long stay patients",
    "D&V, Norovirus",
    "Adult critical care",
    "Paediatric intensive care",
    "Neonatal intensive care ",
    "Ambulance Arrivals and Delays",
]

Grid = list[list[Any]]


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return write_sample(tmp_path_factory.mktemp("sample"), days=DAYS, trusts=TRUSTS)


@pytest.fixture(scope="module")
def first(paths: list[Path]) -> CalamineWorkbook:
    return CalamineWorkbook.from_path(paths[0])


@pytest.fixture(scope="module")
def second(paths: list[Path]) -> CalamineWorkbook:
    return CalamineWorkbook.from_path(paths[1])


@pytest.fixture(params=[0, 1], ids=["2016-17", "2018-19"])
def tables(request: pytest.FixtureRequest, paths: list[Path]) -> dict[str, Grid]:
    """Every visible sheet of one workbook, by name."""
    book = CalamineWorkbook.from_path(paths[request.param])
    return {name: grid(book, name) for name in book.sheet_names if name != "Macro1"}


def grid(book: CalamineWorkbook, name: str) -> Grid:
    return book.get_sheet_by_name(name).to_python(skip_empty_area=False)


def trust_rows(table: Grid) -> Grid:
    return table[FIRST_TRUST : FIRST_TRUST + TRUSTS]


def figures_of(table: Grid, label: str) -> list[Any]:
    """All trusts' cells of the columns that bear `label`."""
    places = [at for at, text in enumerate(table[HEADER]) if text == label]
    return [row[at] for row in trust_rows(table) for at in places]


def england_errors(table: Grid) -> dict[int, float]:
    """Column to England's excess over the trusts, where it has one."""
    excess = {}
    for at, heading in enumerate(table[HEADER]):
        if at < FIRST_FIGURE or heading in ("", "Occupancy rate"):
            continue
        cells = [row[at] for row in trust_rows(table)]
        total = sum(cell for cell in cells if isinstance(cell, float))
        if table[ENGLAND][at] != total:
            excess[at] = table[ENGLAND][at] - total
    return excess


class TestBytes:
    def test_the_same_seed_gives_the_same_bytes(self, tmp_path: Path) -> None:
        digests = [
            [sha256(path.read_bytes()).hexdigest() for path in paths]
            for paths in (
                write_sample(tmp_path / "once", seed=7, days=14, trusts=5),
                write_sample(tmp_path / "again", seed=7, days=14, trusts=5),
                write_sample(tmp_path / "other", seed=8, days=14, trusts=5),
            )
        ]
        assert digests[0] == digests[1]
        assert not set(digests[0]) & set(digests[2])

    def test_figures_are_those_of_every_python_version(self) -> None:
        trust = Trust("RXX", "Somewhere NHS Trust", "London Commissioning Region")
        figures = invent_figures([trust], FIRST_WINTER.cut(5), seed=2026)
        assert figures["ga_beds_occupied"] == [[372, 369, 357, 364, 368]]

    def test_files_are_named_like_the_publishers(self, tmp_path: Path) -> None:
        names = [path.name for path in write_sample(tmp_path, days=1, trusts=1)]
        assert names == [
            "Winter-data-timeseries-20231206.xlsx",
            "Winter-data-timeseries-20241206.xlsx",
        ]

    @pytest.mark.parametrize(("days", "trusts"), [(0, 3), (3, 0)])
    def test_an_empty_sample_cannot_be_asked_for(
        self, tmp_path: Path, days: int, trusts: int
    ) -> None:
        with pytest.raises(UsageError):
            write_sample(tmp_path, days=days, trusts=trusts)


class TestLayout:
    def test_sheets_bear_the_publishers_names(
        self, first: CalamineWorkbook, second: CalamineWorkbook
    ) -> None:
        assert first.sheet_names == FIRST_SHEETS
        assert second.sheet_names == SECOND_SHEETS

    def test_the_macro_sheet_is_very_hidden(self, first: CalamineWorkbook) -> None:
        hidden = {
            sheet.name
            for sheet in first.sheets_metadata
            if sheet.visible is SheetVisibleEnum.VeryHidden
        }
        assert hidden == {"Macro1"}

    def test_every_title_says_that_numbers_are_invented(self, tables: dict[str, Grid]) -> None:
        for table in tables.values():
            assert table[1][1] == "Title:"
            assert "SAMPLE: invented numbers" in table[1][2]

    def test_the_header_england_and_the_trusts_stand_in_their_rows(
        self, tables: dict[str, Grid]
    ) -> None:
        for table in tables.values():
            assert table[HEADER][:5] == ["", "NHS England Region", "", "Code", "Name"]
            assert table[ENGLAND][:5] == ["", "-", "", "-", "ENGLAND"]
            assert table[LOOKUPS][:5] == [""] * 5
            regions_and_names = [(row[1], row[4].lower()) for row in trust_rows(table)]
            assert regions_and_names == sorted(regions_and_names)
            assert all(row[1].endswith("Region") for row in trust_rows(table))

    def test_a_day_stands_only_in_the_first_cell_of_its_merged_block(
        self, first: CalamineWorkbook
    ) -> None:
        days = grid(first, "G&A beds")[HEADER - 1][FIRST_FIGURE:]
        assert days[:6] == [date(2023, 12, 1), "", "", "", date(2023, 12, 2), ""]
        assert [day for day in days if day] == FIRST_WINTER.cut(DAYS).days

    def test_one_measure_sheets_have_days_for_labels(self, tables: dict[str, Grid]) -> None:
        closures = next(iter(tables.values()))
        labels = [label for label in closures[HEADER][FIRST_FIGURE:] if label]
        assert len(labels) == DAYS
        assert all(isinstance(label, date) for label in labels)

    def test_helper_rows_miss_one_week(self, second: CalamineWorkbook) -> None:
        table = grid(second, "D&V, Norovirus")
        variables = table[HEADER - 3][FIRST_FIGURE:]
        days = table[HEADER - 2][FIRST_FIGURE:]
        assert Counter(variables) == {
            "Beds_Closed_Noro": DAYS - 7,
            "Beds_Closed_Noro_Unoccupied": DAYS - 7,
            "": 14,
        }
        assert [bool(day) for day in days] == [bool(name) for name in variables]
        assert days[-1] == SECOND_WINTER.cut(DAYS).last

    def test_lookups_are_left_over_under_england_and_right_of_the_table(
        self, first: CalamineWorkbook, second: CalamineWorkbook
    ) -> None:
        for book, name, beyond in (
            (first, "A&E closures", 8),
            (second, "A&E Closures", 18),
        ):
            row = grid(book, name)[LOOKUPS][FIRST_FIGURE:]
            assert row[:4] == [3, 4, 5, 6]
            assert len(row) == DAYS + beyond
        assert set(grid(second, "G&A beds")[LOOKUPS]) == {""}


class TestEngland:
    def test_differs_from_the_trusts_in_one_known_cell_only(self, first: CalamineWorkbook) -> None:
        names = FIRST_SHEETS[:-2]
        found = {name: england_errors(grid(first, name)) for name in names}
        expected = {FIRST_FIGURE + ENGLAND_ERROR.day: float(ENGLAND_ERROR.excess)}
        assert {name: at for name, at in found.items() if at} == {"Emergency admissions": expected}

    def test_is_the_sum_of_the_trusts_throughout_the_second_workbook(
        self, second: CalamineWorkbook
    ) -> None:
        found = {name: england_errors(grid(second, name)) for name in SECOND_SHEETS}
        assert not any(found.values())

    def test_counts_the_trusts_under_pressure(self, first: CalamineWorkbook) -> None:
        table = grid(first, "Trusts with Pressures")
        spans = pressure_spans(FIRST_WINTER.cut(DAYS))
        for at in range(FIRST_FIGURE, FIRST_FIGURE + len(spans)):
            pressed = [row for row in trust_rows(table) if row[at] != 0]
            assert table[ENGLAND][at] == len(pressed)


class TestWarts:
    def test_measures_are_renamed_part_way(self, first: CalamineWorkbook) -> None:
        norovirus = Counter(grid(first, "D&V, Norovirus")[HEADER][FIRST_FIGURE:])
        assert norovirus == {
            "Beds closed norovirus": 30,
            "Beds closed unocc": 30,
            "Beds closed norovirus 1": 15,
            "Beds closed unocc 2": 15,
        }
        critical = Counter(grid(first, "Adult critical care")[HEADER][FIRST_FIGURE:])
        assert critical["CC Adult avail"] + critical["CC Adult Open"] == DAYS
        assert critical["CC Adult Occ"] == DAYS

    def test_a_full_winter_renames_critical_care_after_21_days(self) -> None:
        sheet = next(s for s in dialect_2016.DIALECT.sheets if s.name == "Adult critical care")
        labels = [
            sheet.label(sheet.columns[0], day, FIRST_WINTER.length)
            for day in range(FIRST_WINTER.length)
        ]
        assert labels == ["CC Adult avail"] * 21 + ["CC Adult Open"] * 80

    def test_one_cell_is_not_available(self, first: CalamineWorkbook) -> None:
        cells = [
            cell
            for name in FIRST_SHEETS[:-2]
            for row in trust_rows(grid(first, name))
            for cell in row[FIRST_FIGURE:]
            if isinstance(cell, str) and cell
        ]
        assert cells == ["N/A"]

    def test_one_code_has_a_star_glued_to_it(self, tables: dict[str, Grid]) -> None:
        starred = {
            (name, row[3])
            for name, table in tables.items()
            for row in trust_rows(table)
            if not row[3].isalnum()
        }
        ((name, code),) = starred
        plain = {row[3] for t in tables.values() for row in trust_rows(t)} - {code}
        assert code.removesuffix("*") in plain
        assert any("*" in str(row[1]) for row in tables[name][-3:])

    def test_opel_levels_are_text_and_0_a_number(self) -> None:
        figures = figures_for(FIRST_WINTER)
        write_levels(figures)
        cells = {cell for trust in figures["opel_level"] for cell in trust}
        assert cells >= {0, "OPEL 3", "OPEL 4", "OPEL 3 ", "OPEl 3", "OPEL3"}

    def test_days_off_share_a_column_until_january(self) -> None:
        ranges = [
            span.label for span in pressure_spans(FIRST_WINTER) if isinstance(span.label, str)
        ]
        assert ranges == [
            "02-03 Dec 23",
            "09-10 Dec-23",
            "16-17 Dec-23",
            "23-26 Dec-23",
            "30 Dec 23 - 01 Jan 24",
            "06-07 Jan-24",
        ]

    def test_a_share_of_nothing_is_a_dash_a_text_or_an_error(
        self, second: CalamineWorkbook, paths: list[Path]
    ) -> None:
        table = grid(second, "Paediatric intensive care")
        row = next(row for row in trust_rows(table) if row[FIRST_FIGURE] == 0)
        shares = row[FIRST_FIGURE + 2 :: 3]
        assert set(shares[:-2]) == {"-"}
        assert shares[-2:] == ["#DIV/0!", ""]  # calamine reads an error as nothing

        with ZipFile(paths[1]) as parts:
            number = SECOND_SHEETS.index("Paediatric intensive care") + 1
            cells = parts.read(f"xl/worksheets/sheet{number}.xml").decode()
        assert re.search(r't="e"><f>\w+/\w+</f><v>#DIV/0!</v>', cells)

    def test_a_trust_that_sent_nothing_stands_as_zeros(self, first: CalamineWorkbook) -> None:
        beds = figures_of(grid(first, "G&A beds"), "Total beds avail")
        assert 0 < beds.count(0) < len(beds) / 50

    def test_a_handful_of_bed_counts_warn_and_no_more(self, tables: dict[str, Grid]) -> None:
        rows = [row[FIRST_FIGURE:] for row in trust_rows(tables["G&A beds"])]
        step = len(rows[0]) // DAYS
        days = [row[at : at + 4] for row in rows for at in range(0, len(row), step)]
        unbalanced = sum(core + extra != beds for core, extra, beds, _ in days)
        overfull = sum(occupied > beds for _, _, beds, occupied in days)
        assert (unbalanced, overfull) == (3, 4)


@pytest.fixture(scope="module", params=[FIRST_WINTER, SECOND_WINTER])
def england(request: pytest.FixtureRequest) -> dict[str, float]:
    """England's mean per day for every measure of a whole winter."""
    figures = figures_for(request.param)
    return {
        measure: sum(sum(map(int, trust)) for trust in trusts) / request.param.length
        for measure, trusts in figures.items()
    }


def figures_for(winter: Winter) -> Figures:
    return invent_figures(choose_trusts(winter.first, winter.last), winter, seed=2026)


class TestFigures:
    @pytest.mark.parametrize(
        ("measure", "least", "most"),
        [
            ("ga_beds_open", 90_000, 100_000),
            ("ambulance_arrivals", 13_000, 15_000),
            ("ae_attendances", 55_000, 65_000),
            ("adult_critical_care_beds_open", 3_000, 4_500),
        ],
    )
    def test_england_is_of_the_right_size(
        self, england: dict[str, float], measure: str, least: int, most: int
    ) -> None:
        assert least < england[measure] < most

    def test_beds_are_about_93_per_cent_occupied(self, england: dict[str, float]) -> None:
        assert 0.91 < england["ga_beds_occupied"] / england["ga_beds_open"] < 0.95

    @pytest.mark.parametrize(
        ("whole", "part"),
        [
            ("ga_beds_open", "ga_beds_occupied"),
            ("ga_beds_occupied", "patients_over_7_days"),
            ("patients_over_7_days", "patients_over_14_days"),
            ("patients_over_14_days", "patients_over_21_days"),
            ("beds_closed_norovirus", "beds_closed_norovirus_unoccupied"),
            ("adult_critical_care_beds_open", "adult_critical_care_beds_occupied"),
            (
                "paediatric_intensive_care_beds_open",
                "paediatric_intensive_care_beds_occupied",
            ),
            (
                "neonatal_intensive_care_beds_open",
                "neonatal_intensive_care_beds_occupied",
            ),
        ],
    )
    def test_no_part_exceeds_its_whole(self, whole: str, part: str) -> None:
        figures = figures_for(FIRST_WINTER)
        assert each_day(figures, lambda day: 0 <= day[part] <= day[whole])

    def test_delays_never_exceed_arrivals(self) -> None:
        def holds(day: dict[str, int]) -> bool:
            delays = day["handovers_30_to_60_minutes"], day["handovers_over_60_minutes"]
            return min(delays) >= 0 and sum(delays) <= day["ambulance_arrivals"]

        assert each_day(figures_for(SECOND_WINTER), holds)


def each_day(figures: Figures, holds: Callable[[dict[str, int]], bool]) -> bool:
    """Whether `holds` of every trust's every day."""
    trusts, days = len(figures["ga_beds_open"]), len(figures["ga_beds_open"][0])
    return all(
        holds({name: int(values[trust][day]) for name, values in figures.items()})
        for trust in range(trusts)
        for day in range(days)
    )


ORGANISATIONS = """\
org_code,org_name,org_type,open_date,close_date
RAA,Zeta Hospitals NHS Trust,nhs_trust,,
RAB,Alpha Hospitals NHS Trust,nhs_trust,2020-04-01,
RAC,Closed in January NHS Trust,nhs_trust,,2024-01-15
RAD,Opened in January NHS Trust,nhs_trust,2024-01-01,
RAE,Anywhere Community Healthcare NHS Trust,nhs_trust,,
RAF,Anywhere Partnership NHS Trust,nhs_trust,,
RAG,Anywhere Ambulance Service NHS Trust,ambulance_service,,
RAT,North East London NHS Foundation Trust,nhs_trust,,
RAH,Without a Region NHS Trust,nhs_trust,,
"""
REGIONS_OF = """\
org_code,region_code,valid_from,valid_to
RAA,Y60,2000-01-01,2019-04-01
RAA,Y56,2019-04-01,
""" + "".join(f"{code},Y60,,\n" for code in ("RAB", "RAC", "RAD", "RAE", "RAF", "RAG", "RAT"))
REGIONS = """\
region_code,region_name,valid_from,valid_to
Y56,London,2000-01-01,
Y60,Midlands,2019-04-01,
"""


@pytest.fixture
def reference(tmp_path: Path) -> Path:
    (tmp_path / "organisation.csv").write_text(ORGANISATIONS)
    (tmp_path / "organisation_region.csv").write_text(REGIONS_OF)
    (tmp_path / "region.csv").write_text(REGIONS)
    return tmp_path


class TestTrusts:
    def test_only_acute_trusts_open_all_winter_by_region_and_name(self, reference: Path) -> None:
        chosen = choose_trusts(FIRST_WINTER.first, FIRST_WINTER.last, reference=reference)
        assert chosen == [
            Trust("RAA", "Zeta Hospitals NHS Trust", "London Commissioning Region"),
            Trust("RAB", "Alpha Hospitals NHS Trust", "Midlands Commissioning Region"),
        ]

    def test_none_left_is_an_error(self, reference: Path) -> None:
        (reference / "organisation_region.csv").write_text(REGIONS_OF.splitlines()[0])
        with pytest.raises(UsageError, match="organisation_region"):
            choose_trusts(date(2024, 1, 1), date(2024, 1, 2), reference=reference)

    def test_about_130_stand_in_a_whole_winter(self) -> None:
        for winter in (FIRST_WINTER, SECOND_WINTER):
            assert 115 <= len(choose_trusts(winter.first, winter.last)) <= 145


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return write_broken(tmp_path_factory.mktemp("broken"))


class TestBroken:
    def test_the_workbook_holds_one_of_each_fault(self, broken: list[Path]) -> None:
        book = CalamineWorkbook.from_path(broken[0])
        diverts = grid(book, "A&E Diverts")
        assert diverts[FIRST_TRUST + 2][FIRST_FIGURE + 1] < 0
        ambulances = grid(book, "Ambulance Arrivals and Delays")
        assert ambulances[FIRST_TRUST + 3][FIRST_FIGURE + 3 * 2] == "twelve"
        assert diverts[-1][3] == "ZZ9"
        assert "Total beds staffed" in grid(book, "G&A beds")[HEADER]
        assert "Total Beds Open" not in grid(book, "G&A beds")[HEADER]

    def test_the_others_are_no_workbooks(self, broken: list[Path]) -> None:
        assert [path.suffix for path in broken] == [".xlsx"] * 4
        assert len({path.name for path in broken}) == 4
        for path in broken[1:]:
            with pytest.raises(CalamineError):
                CalamineWorkbook.from_path(path)
