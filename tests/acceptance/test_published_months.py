"""To the cell: the published months, read here with `csv` alone, equal what the control room reads.

Nothing of the pipeline's readers is used for what is expected: positions are written down by hand.
Later issues of the same series do not exist yet here; they are made from those that do.
"""

import csv
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from pipelines import steps
from pipelines.registry.registry import load_registry
from tests.support.ledger_questions import (
    ask_ledger,
    ask_publication,
    assert_answered_once,
    assert_rows_add_up,
    use_home,
)
from tests.support.warehouse import lay_empty_warehouse

pytestmark = pytest.mark.long_on_lake

Figures = dict[tuple[str, date, str], int | None]
"""Organisation (England is 'Eng'), month and measure → the figure, None where it is missing."""

AMBSYS, MONTHLY, IUC = "ambulance_quality.ambsys", "ae_attendances.monthly", "iuc_adc.monthly"
SERVICES = {"RX9", "RYC", "RRU", "RX6", "RX7", "RYE", "RYD", "RYF", "RYA", "RX8", "R1F"}
MONTHS_OF_AMBSYS = 89
"""August 2017 to December 2024."""
MONTHS = (
    "JANUARY", "FEBRUARY", "MARCH", "APRIL", "MAY", "JUNE", "JULY", "AUGUST", "SEPTEMBER",
    "OCTOBER", "NOVEMBER", "DECEMBER",
)  # fmt: skip
A_AND_E = (
    "attendances_type_1", "attendances_type_2", "attendances_type_3",
    "booked_attendances_type_1", "booked_attendances_type_2", "booked_attendances_type_3",
    "over_4_hours_type_1", "over_4_hours_type_2", "over_4_hours_type_3",
    "booked_over_4_hours_type_1", "booked_over_4_hours_type_2", "booked_over_4_hours_type_3",
    "waits_4_to_12_hours_from_decision", "waits_over_12_hours_from_decision",
    "emergency_admissions_type_1", "emergency_admissions_type_2", "emergency_admissions_type_3",
    "other_emergency_admissions",
)  # fmt: skip
"""The measures of the columns from the fifth on."""
NAMED_ITEMS = {
    "A1": "calls_answered", "A3": "call_answer_mean_seconds", "A7": "incidents",
    "A8": "incidents_c1", "A9": "incidents_c1t", "A10": "incidents_c2", "A11": "incidents_c3",
    "A12": "incidents_c4", "A25": "response_c1_mean_seconds", "A26": "response_c1_p90_seconds",
    "A28": "response_c1t_mean_seconds", "A31": "response_c2_mean_seconds",
    "A32": "response_c2_p90_seconds", "A34": "response_c3_mean_seconds",
    "A37": "response_c4_mean_seconds", "A53": "conveyed_to_ed", "A111": "incidents_from_111",
}  # fmt: skip


def test_every_cell_of_the_ambulance_indicators_is_held(loaded: "Loaded") -> None:
    expected = {key: value for key, value in loaded.ambsys.items() if key[0] in SERVICES}

    assert len(expected) == len(SERVICES) * MONTHS_OF_AMBSYS * 148
    assert held(loaded.home, "ambulance_quality", items_of("ambulance_quality")) == expected


def test_england_of_the_ambulance_indicators_is_what_the_file_states(loaded: "Loaded") -> None:
    stated = {
        key[1:]: value
        for key, value in loaded.ambsys.items()
        if key[0] == "Eng" and value is not None
    }
    rows = england(loaded.home, "ambulance_quality")
    names = {measure: item for item, measure in items_of("ambulance_quality").items()}

    assert {(row["month"], names[row["measure"]]): row["published_value"] for row in rows} == stated
    added_up = [row for row in rows if row["value"] is not None]
    assert len(added_up) == 5822
    assert [row for row in added_up if row["value"] != row["published_value"]] == []


def test_items_are_named_as_the_field_names_them() -> None:
    assert NAMED_ITEMS.items() <= items_of("ambulance_quality").items()


def test_every_figure_of_each_provider_of_a_and_e_is_held(loaded: "Loaded") -> None:
    expected = {key: value for key, value in loaded.a_and_e.items() if key[0] != "Eng"}

    assert len(expected) == 7 * 198 * len(A_AND_E)
    assert held(loaded.home, "ae_attendances", {name: name for name in A_AND_E}) == expected


def test_england_of_a_and_e_is_what_the_files_total(loaded: "Loaded") -> None:
    stated = {key[1:]: value for key, value in loaded.a_and_e.items() if key[0] == "Eng"}
    rows = england(loaded.home, "ae_attendances")

    assert {(row["month"], row["measure"]): row["published_value"] for row in rows} == stated
    assert [row for row in rows if row["value"] != row["published_value"]] == []


def test_every_item_of_the_long_table_is_held(loaded: "Loaded") -> None:
    items = {item for _, _, item in loaded.iuc}
    names = {item: name for item, name in items_of("iuc_adc").items() if item in items}

    assert len(loaded.iuc) == 25
    assert held(loaded.home, "iuc_adc", names, who="contract_code") == loaded.iuc


def test_sums_are_skipped_by_name_and_counted(loaded: "Loaded") -> None:
    rows = ask_ledger(
        loaded.home,
        "SELECT feed_id, sum(rows_read) AS read, sum(rows_accepted) AS accepted, "
        "sum(rows_skipped) AS skipped, sum(rows_quarantined) AS kept_out FROM ops.submission "
        "GROUP BY feed_id ORDER BY feed_id",
    )

    assert [tuple(row.values()) for row in rows] == [
        (MONTHLY, 7 * 199, 7 * 198, 7, 0),
        (AMBSYS, 19 * MONTHS_OF_AMBSYS, 11 * MONTHS_OF_AMBSYS, 8 * MONTHS_OF_AMBSYS, 0),
        (IUC, 1, 1, 0, 0),
    ]
    assert ask_ledger(loaded.home, "FROM ops.issue") == []
    assert_rows_add_up(loaded.home)
    assert_answered_once(loaded.home)


@pytest.mark.long
def test_a_later_issue_of_the_ambulance_indicators_goes_in_unchanged(
    loaded: "Loaded", tmp_path: Path
) -> None:
    rows = list(csv.reader(io.StringIO(loaded.ambsys_text)))
    header, body = rows[0], rows[1:]
    dropped, changed = header.index("A73"), header.index("A0")
    december = [row for row in body if row[:2] == ["2024", "12"]]
    january = [["2025", "1", *row[2:]] for row in december]
    for row in body:
        if row[:2] == ["2018", "3"] and row[3] in ("RX9", "Eng"):
            row[changed] = str(int(row[changed]) + 5)
    later = [
        [cell for at, cell in enumerate(row) if at != dropped] + [new]
        for row, new in [
            (
                [{"Org Code": "ORG CODE ", "Year": "YEAR", "A7": " a7"}.get(c, c) for c in header],
                "A149",
            ),
            *((row, "12") for row in [*body, *january]),
        ]
    ]
    name = write_csv(tmp_path / "AmbSYS-to-Jan-2025.csv", later, encoding="utf-8-sig")
    status = send(loaded.home, name)

    assert status == "accepted"
    assert codes_of(loaded.home, "AmbSYS-to-Jan-2025.csv") == {"HEAD-001"}
    now = held(loaded.home, "ambulance_quality", items_of("ambulance_quality"))
    was = loaded.ambsys["RX9", date(2018, 3, 1), "A0"]
    assert was is not None
    assert now["RX9", date(2018, 3, 1), "A0"] == was + 5
    assert now["RRU", date(2025, 1, 1), "A7"] == 122_211
    assert now["RX9", date(2017, 8, 1), "A73"] == loaded.ambsys["RX9", date(2017, 8, 1), "A73"]
    (england_then,) = [
        row
        for row in england(loaded.home, "ambulance_quality")
        if (row["month"], row["measure"]) == (date(2018, 3, 1), "contacts")
    ]
    assert england_then["value"] == england_then["published_value"]


def test_issues_of_a_month_count_by_their_names_in_whatever_order_they_come(
    loaded: "Loaded", tmp_path: Path
) -> None:
    figure = ("RGT", date(2024, 12, 1), "attendances_type_1")
    was = loaded.a_and_e[figure]
    assert was is not None
    for number, name in enumerate(
        ("Monthly-AE-December-2024-revised-1.csv", "Monthly-AE-December-2024-revised.csv",
         "Monthly-AE-December-2024-1-1.csv"),
        start=1,
    ):  # fmt: skip
        path = december(loaded, tmp_path / name, {figure[0]: {4: str(was + number)}})
        steps.land_files([path])
        steps.drain()
    steps.publish()

    now = held(loaded.home, "ae_attendances", {"attendances_type_1": "attendances_type_1"})
    assert now[figure] == was + 1


def test_the_dirt_of_published_files_is_read(loaded: "Loaded", tmp_path: Path) -> None:
    def soil(rows: list[list[str]]) -> None:
        rows[0][16] = "Patients who have waited 4-12 hrs from DTA to admission "
        rows[0] = [f"{heading} " for heading in rows[0]] + ["", ""]
        for row in rows[1:]:
            row[0] = row[0].replace("DECEMBER", "December") + " "
            row[1] = f" {row[1]} "
            row[4] = f"{int(row[4]):,}"
            row[5] = "-" if row[5] == "0" else row[5]
            row += ["", "extra"]
        rows[-1][:4] = ["Total "] * 4

    name = "Monthly-AE-December-2024-revised-2.csv"
    path = december(loaded, tmp_path / name, {}, soil)
    status = send(loaded.home, path)

    assert status == "accepted"
    assert codes_of(loaded.home, name) == {"HEAD-003"}
    now = held(loaded.home, "ae_attendances", {one: one for one in A_AND_E})
    of_december = {key: value for key, value in loaded.a_and_e.items() if key[1].month == 12}
    for (who, month, measure), value in of_december.items():
        if who != "Eng":
            expected = None if measure == "attendances_type_2" and value == 0 else value
            assert now[who, month, measure] == expected


@dataclass(frozen=True)
class Loaded:
    """A home with the published months, and what their files say."""

    home: Path
    ambsys_text: str
    december_text: str
    ambsys: Figures
    a_and_e: Figures
    iuc: Figures


@pytest.fixture(scope="module")
def loaded(
    engine: str, real_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Loaded]:
    """The months of all three collections, loaded and published, on each engine."""
    ambsys = real_data / "ambsys" / "AmbSYS-to-Dec-2024.csv"
    monthly = sorted((real_data / "ae_monthly").glob("*.csv"))
    iuc = real_data / "iuc_adc" / "IUCADC-sample-Apr-2023.csv"
    a_and_e: Figures = {}
    for path in monthly:
        a_and_e |= read_monthly(path.read_text("utf-8-sig"))
    text = ambsys.read_text("utf-8-sig")
    december_text = (real_data / "ae_monthly" / "Monthly-AE-December-2024.csv").read_text()
    with pytest.MonkeyPatch.context() as patch:
        home = tmp_path_factory.mktemp("months") / "home"
        if engine == "ducklake":
            lay_empty_warehouse(home)
        use_home(patch, home, SITREP_NOW="2026-11-27T08:00:00Z")
        steps.land_files([ambsys, *monthly, iuc])
        steps.drain()
        steps.publish()
        yield Loaded(
            home, text, december_text, read_ambsys(text), a_and_e, read_iuc(iuc.read_text("utf-8"))
        )


def send(home: Path, path: Path) -> str:
    """The status of the file, once it is loaded and published."""
    steps.land_files([path])
    steps.drain()
    steps.publish()
    sql = "SELECT status FROM ops.submission WHERE file_name = ?"
    ((status,),) = (row.values() for row in ask_ledger(home, sql, path.name))
    return str(status)


def read_ambsys(text: str) -> Figures:
    rows = csv.reader(io.StringIO(text))
    header = next(rows)
    return {
        (row[3], date(int(row[0]), int(row[1]), 1), item): None if cell == "." else int(cell)
        for row in rows
        for item, cell in zip(header[5:], row[5:], strict=True)
    }


def read_monthly(text: str) -> Figures:
    figures: Figures = {}
    month = None
    for row in list(csv.reader(io.StringIO(text)))[1:]:
        who = row[1].strip()
        if who.upper() == "TOTAL":
            who = "Eng"
        else:
            _, name, year = row[0].strip().split("-")
            month = date(int(year), 1 + MONTHS.index(name), 1)
        assert month is not None
        for measure, cell in zip(A_AND_E, row[4:], strict=True):
            figures[who, month, measure] = int(cell)
    return figures


def read_iuc(text: str) -> Figures:
    return {
        (row["CONTRACT_CODE"], date(2023, 4, 1), row["ITEM_NUMBER"]): int(
            row["VALUE"].replace(",", "")
        )
        for row in csv.DictReader(io.StringIO(text))
    }


def items_of(collection: str) -> dict[str, str]:
    """Item of the publication → the measure that stands for it."""
    contract = load_registry().collection(collection)
    return {one.source_item.split()[-1]: one.name for one in contract.measures if one.source_item}


def held(
    home: Path, collection: str, measures: Mapping[str, str], who: str = "org_code"
) -> Figures:
    """What the publication has of these measures, by what they are called in the file."""
    names = ", ".join(measures.values())
    rows = ask_publication(home, f"SELECT {who}, month, {names} FROM {collection}")
    return {
        (row[who], row["month"], item): row[measure]
        for row in rows
        for item, measure in measures.items()
    }


def england(home: Path, collection: str) -> list[dict[str, Any]]:
    return ask_publication(home, f"FROM national_monthly WHERE collection = '{collection}'")


def codes_of(home: Path, file_name: str) -> set[str]:
    rows = ask_ledger(
        home,
        "SELECT DISTINCT i.code FROM ops.issue AS i JOIN ops.submission AS s USING (submission_id) "
        "WHERE s.file_name = ?",
        file_name,
    )
    return {row["code"] for row in rows}


def december(
    loaded: Loaded,
    path: Path,
    changes: Mapping[str, Mapping[int, str]],
    soil: Callable[[list[list[str]]], None] = lambda rows: None,
) -> Path:
    """The A&E file of December with other cells (by organisation and column)."""
    rows = list(csv.reader(io.StringIO(loaded.december_text)))
    for row in rows:
        for at, cell in changes.get(row[1], {}).items():
            row[at] = cell
    soil(rows)
    return write_csv(path, rows)


def write_csv(path: Path, rows: list[list[str]], encoding: str = "utf-8") -> Path:
    with path.open("w", newline="", encoding=encoding) as file:
        csv.writer(file).writerows(rows)
    return path
