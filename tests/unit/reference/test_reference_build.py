"""The organisation code lists agree with the published files and with themselves."""

import csv
import re
from collections import defaultdict
from dataclasses import fields
from datetime import date
from pathlib import Path

import pytest

from pipelines.reference import build, codes, facts, ods_files, region_history, spelling
from pipelines.reference.facts import Listing, Organisation, Succession

CODE_LISTS = {
    "organisation.csv": facts.Organisation,
    "succession.csv": facts.Succession,
    "region.csv": facts.Region,
    "organisation_region.csv": facts.OrganisationRegion,
}
COMMITTED = Path(build.__file__).parent
AMBULANCE_SERVICES = {
    "R1F": ("Isle of Wight NHS Trust", "nhs_trust"),
    "RRU": ("London Ambulance Service NHS Trust", "ambulance_service"),
    "RX6": ("North East Ambulance Service NHS Foundation Trust", "ambulance_service"),
    "RX7": ("North West Ambulance Service NHS Trust", "ambulance_service"),
    "RX8": ("Yorkshire Ambulance Service NHS Trust", "ambulance_service"),
    "RX9": ("East Midlands Ambulance Service NHS Trust", "ambulance_service"),
    "RYA": (
        "West Midlands Ambulance Service University NHS Foundation Trust",
        "ambulance_service",
    ),
    "RYC": ("East of England Ambulance Service NHS Trust", "ambulance_service"),
    "RYD": ("South East Coast Ambulance Service NHS Foundation Trust", "ambulance_service"),
    "RYE": ("South Central Ambulance Service NHS Foundation Trust", "ambulance_service"),
    "RYF": ("South Western Ambulance Service NHS Foundation Trust", "ambulance_service"),
}
WELSH_CODES = {"RQF", "RT4", "RYT"}
# Mid Staffordshire: the ODS files give it no close date, successor or place among the seven.
WITHOUT_CURRENT_REGION = {"RJD"}
POSTCODE = re.compile(r"\b[A-Z]{1,2}[0-9][A-Z0-9]?\s?[0-9][A-Z]{2}\b", re.IGNORECASE)


def read_rows(file_name: str) -> list[dict[str, str]]:
    with (COMMITTED / file_name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def find_region(org_code: str, day: str) -> str | None:
    """The one region of the organisation on the day: the join that the code lists are for."""
    regions = [
        row["region_code"]
        for row in read_rows("organisation_region.csv")
        if row["org_code"] == org_code and row["valid_from"] <= day < (row["valid_to"] or "9999")
    ]
    assert len(regions) <= 1, f"{org_code} is in {regions} on {day}"
    return regions[0] if regions else None


def list_successors() -> dict[str, set[str]]:
    successors = defaultdict(set)
    for row in read_rows("succession.csv"):
        successors[row["predecessor_code"]].add(row["successor_code"])
    return successors


def make_listing(
    code: str, current_region: str | None = None, old_region: str | None = None
) -> Listing:
    return Listing(
        Organisation(code, f"{code} NHS Trust", "nhs_trust", None, None),
        old_region,
        current_region,
    )


# --- against the published files


def test_building_again_gives_the_committed_files(real_data: Path, tmp_path: Path) -> None:
    build.main(["--ods", str(real_data / "ods"), "--out", str(tmp_path)])

    assert {path.name for path in tmp_path.iterdir()} == set(CODE_LISTS)
    for file_name in CODE_LISTS:
        assert (tmp_path / file_name).read_bytes() == (COMMITTED / file_name).read_bytes(), (
            file_name
        )


@pytest.mark.parametrize(
    ("workbook", "trust_count", "first_day", "last_day"),
    [
        ("Winter-data-timeseries-20170312.xlsx", 152, "2016-12-01", "2017-03-12"),
        ("Winter-data-timeseries-20190307.xlsx", 134, "2018-12-03", "2019-03-03"),
    ],
)
def test_each_trust_of_a_winter_is_listed_in_the_region_that_its_workbook_gives(
    real_data: Path, workbook: str, trust_count: int, first_day: str, last_day: str
) -> None:
    published = read_workbook_regions(real_data / "uec_daily_sitrep" / workbook)
    listed = {row["org_code"] for row in read_rows("organisation.csv")}

    assert len(published) == trust_count
    assert set(published) <= listed
    for day in (first_day, last_day):
        assert {code: find_region(code, day) for code in published} == published


def read_workbook_regions(path: Path) -> dict[str, str]:
    from python_calamine import CalamineWorkbook

    sheet = CalamineWorkbook.from_path(path).get_sheet_by_name("G&A beds")
    rows = [
        [str(cell).strip() for cell in row[:5]] for row in sheet.to_python(skip_empty_area=False)
    ]
    assert rows[14][1:5] == ["NHS England Region", "", "Code", "Name"]
    regions = {}
    for _, region_name, _, code, _ in rows[17:]:
        if not code:
            break
        regions[code] = ods_files.find_region_code(region_name)
    return regions


def test_each_trust_of_the_monthly_ae_files_is_listed_in_the_region_that_they_give(
    real_data: Path,
) -> None:
    listed = {row["org_code"] for row in read_rows("organisation.csv")}
    published = set()
    for path in sorted((real_data / "ae_monthly").glob("*.csv")):
        with path.open(encoding="utf-8-sig", newline="") as file:
            published |= {
                (row["Org Code"].strip(), row["Parent Org"].strip()) for row in csv.DictReader(file)
            }
    trusts = {
        (code, parent) for code, parent in published if code.startswith("R") or code in listed
    }

    assert len(trusts) > 150
    assert {code for code, _ in trusts} <= listed
    for code, parent in trusts:
        assert find_region(code, "2024-07-01") == ods_files.find_region_code(
            parent.removeprefix("NHS ENGLAND")
        ), code


def test_a_missing_folder_is_named_with_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        build.main(["--ods", str(tmp_path), "--out", str(tmp_path)])

    message = capsys.readouterr().err
    assert str(tmp_path) in message
    assert "--ods or SITREP_REAL_DATA" in message


# --- the committed files by themselves


@pytest.mark.parametrize("file_name", CODE_LISTS)
def test_a_code_list_is_sorted_with_lf_line_ends_and_only_its_own_columns(
    file_name: str,
) -> None:
    content = (COMMITTED / file_name).read_bytes()
    rows = list(csv.reader(content.decode("utf-8").splitlines()))

    assert rows[0] == [field.name for field in fields(CODE_LISTS[file_name])]
    assert rows[1:] == sorted(rows[1:])
    assert len({tuple(row) for row in rows}) == len(rows)
    assert b"\r" not in content


@pytest.mark.parametrize("file_name", CODE_LISTS)
def test_a_code_list_holds_no_postcode(file_name: str) -> None:
    assert POSTCODE.findall((COMMITTED / file_name).read_text(encoding="utf-8")) == []


def test_the_postcode_pattern_knows_a_postcode() -> None:
    assert all(POSTCODE.search(text) for text in ("Leeds, LS1 3EX", "SW1A 2NS", "wr49rw"))


def test_the_ambulance_services_are_listed_and_open() -> None:
    listed = {row["org_code"]: row for row in read_rows("organisation.csv")}

    assert {
        code: (listed[code]["org_name"], listed[code]["org_type"]) for code in AMBULANCE_SERVICES
    } == (AMBULANCE_SERVICES)
    still_open = {
        code
        for code, row in listed.items()
        if row["org_type"] == "ambulance_service" and not row["close_date"]
    }
    assert still_open == set(AMBULANCE_SERVICES) - {"R1F"}
    assert all(listed[code]["close_date"] == "" for code in AMBULANCE_SERVICES)


def test_each_organisation_has_one_row() -> None:
    codes = [row["org_code"] for row in read_rows("organisation.csv")]

    assert len(codes) == len(set(codes))


def test_each_succession_chain_ends() -> None:
    successors = list_successors()

    def follow(code: str, path: tuple[str, ...]) -> None:
        assert code not in path, f"{' -> '.join(path)} -> {code} goes round"
        for successor in successors.get(code, ()):
            follow(successor, (*path, code))

    for code in list(successors):
        follow(code, ())


def test_each_closed_code_closes_on_the_day_its_last_successor_takes_over() -> None:
    last_start: dict[str, str] = {}
    for row in read_rows("succession.csv"):
        code = row["predecessor_code"]
        last_start[code] = max(last_start.get(code, ""), row["legal_start_date"])
    succeeded = [row for row in read_rows("organisation.csv") if row["org_code"] in last_start]

    assert len(succeeded) > 50
    assert {row["org_code"]: row["close_date"] for row in succeeded} == {
        row["org_code"]: last_start[row["org_code"]] for row in succeeded
    }


def test_the_regions_of_an_organisation_follow_each_other_without_gap_or_overlap() -> None:
    intervals = defaultdict(list)
    for row in read_rows("organisation_region.csv"):
        intervals[row["org_code"]].append((row["valid_from"], row["valid_to"] or "9999"))

    for code, spans in intervals.items():
        assert all(start < end for start, end in spans), code
        assert [end for _, end in spans[:-1]] == [start for start, _ in spans[1:]], code


def test_each_english_organisation_has_a_region_from_its_opening_on() -> None:
    organisations = {row["org_code"]: row for row in read_rows("organisation.csv")}
    spans: dict[str, tuple[str, str]] = {}
    for row in read_rows("organisation_region.csv"):
        first, _ = spans.get(row["org_code"], (row["valid_from"], ""))
        spans[row["org_code"]] = first, row["valid_to"]

    assert set(spans) == set(organisations) - WELSH_CODES
    assert {code for code, (_, last) in spans.items() if last} == WITHOUT_CURRENT_REGION
    for code, (first, _) in spans.items():
        assert first == max(
            organisations[code]["open_date"], facts.EARLIEST_VALID_FROM.isoformat()
        ), code


def test_an_organisation_is_only_in_a_region_that_exists_on_those_days() -> None:
    lives: dict[str, tuple[str, str]] = {}
    for row in sorted(read_rows("region.csv"), key=lambda row: row["valid_from"]):
        first, _ = lives.get(row["region_code"], (row["valid_from"], ""))
        lives[row["region_code"]] = first, row["valid_to"] or "9999"

    for row in read_rows("organisation_region.csv"):
        first, last = lives[row["region_code"]]
        assert first <= row["valid_from"] and (row["valid_to"] or "9999") <= last, row


@pytest.mark.parametrize(
    ("day", "region_count"),
    [
        ("2013-04-01", 4),
        ("2018-03-31", 4),
        ("2018-04-01", 5),
        ("2019-03-31", 5),
        ("2019-04-01", 7),
        ("2026-11-22", 7),
    ],
)
def test_there_are_four_then_five_then_seven_regions(day: str, region_count: int) -> None:
    valid = [
        row
        for row in read_rows("region.csv")
        if row["valid_from"] <= day < (row["valid_to"] or "9999")
    ]

    assert len(valid) == len({row["region_code"] for row in valid}) == region_count


@pytest.mark.parametrize(
    ("org_code", "name", "day", "region_code"),
    [
        (
            "RM4",
            "Trafford Healthcare NHS Trust",
            "2011-12-01",
            "Y54",
        ),  # succeeded twice: RW3, then R0A
        ("RC3", "Ealing Hospital NHS Trust", "2014-01-01", "Y56"),
        (
            "RWN",
            "South Essex Partnership University NHS Foundation Trust",
            "2016-12-01",
            "Y55",
        ),
        ("RXH", "Brighton and Sussex University Hospitals NHS Trust", "2018-12-03", "Y59"),
        ("RXH", "Brighton and Sussex University Hospitals NHS Trust", "2018-03-31", "Y57"),
        ("RBA", "Taunton and Somerset NHS Foundation Trust", "2018-12-03", "Y58"),
        (
            "RW6",
            "Pennine Acute Hospitals NHS Trust",
            "2021-12-01",
            "Y62",
        ),  # after its closing: its rows keep a region
    ],
)
def test_a_closed_trust_keeps_its_name_and_region(
    org_code: str, name: str, day: str, region_code: str
) -> None:
    listed = {row["org_code"]: row["org_name"] for row in read_rows("organisation.csv")}

    assert listed[org_code] == name
    assert find_region(org_code, day) == region_code


# --- the rules, on made-up listings


@pytest.mark.parametrize(
    ("published", "readable"),
    [
        ("BARTS HEALTH NHS TRUST", "Barts Health NHS Trust"),
        (
            "THE NEWCASTLE UPON TYNE HOSPITALS NHS FOUNDATION TRUST",
            "The Newcastle upon Tyne Hospitals NHS Foundation Trust",
        ),
        (
            "GUY'S AND ST THOMAS' NHS FOUNDATION TRUST",
            "Guy's and St Thomas' NHS Foundation Trust",
        ),
        (
            "Llr Ea - The Merlyn Vaz Health & Social Care Centre",
            "LLR EA - The Merlyn Vaz Health & Social Care Centre",
        ),
        ("First Community Health And Care Cic", "First Community Health and Care CIC"),
        ("Herne Bay Health Care LTD", "Herne Bay Health Care Ltd"),
        ("NEMS UTC", "NEMS UTC"),
    ],
)
def test_a_name_is_made_readable(published: str, readable: str) -> None:
    assert spelling.make_readable_name(published) == readable


@pytest.mark.parametrize(
    ("label", "code"),
    [
        ("London Commissioning Region", "Y56"),
        ("South West of England Commissioning Region", "Y58"),
        ("South West Commissioning Region", "Y58"),
        ("Midlands And East Of England Commissioning Region", "Y55"),
        ("Midlands Commissioning Region", "Y60"),
        ("NORTH EAST AND YORKSHIRE ", "Y63"),
    ],
)
def test_a_region_is_found_by_each_of_its_published_names(label: str, code: str) -> None:
    assert ods_files.find_region_code(label) == code


def test_an_unknown_region_name_is_refused() -> None:
    with pytest.raises(ValueError, match="no NHS England region is named 'Wessex'"):
        ods_files.find_region_code("Wessex")


@pytest.mark.parametrize(
    ("name", "region_code", "org_type"),
    [
        ("Welsh Ambulance Services NHS Trust", "W00", "other_provider"),
        ("Great Western Ambulance Service NHS Trust", "", "ambulance_service"),
        ("Northumbria Care Trust", "Y54", "care_trust"),
        ("Norfolk Community Health and Care NHS Trust", "Y61", "nhs_trust"),
        ("Oakham", "Y60", "other_provider"),
    ],
)
def test_a_type_is_told_from_the_name(name: str, region_code: str, org_type: str) -> None:
    assert ods_files.classify_trust(name, region_code) == org_type


def test_a_closed_trust_without_a_known_name_is_named_after_its_successor() -> None:
    successions = [
        Succession("R99", "RAA", date(2012, 4, 1)),
        Succession("R98", "RAA", date(2009, 4, 1)),
    ]

    completed = build.add_closed_trusts({"RAA": make_listing("RAA", "Y58")}, successions)

    assert set(completed) == {"RAA", "R99"}, "a trust that closed before April 2010 is left out"
    assert completed["R99"].organisation == Organisation(
        "R99", "Predecessor of RAA NHS Trust", "nhs_trust", None, date(2012, 4, 1)
    )


def test_successors_in_different_regions_are_refused() -> None:
    listings = {
        code: make_listing(code, region)
        for code, region in (("RAA", "Y58"), ("RBB", "Y59"), ("RCC", None))
    }
    successions = [Succession("RCC", successor, date(2015, 4, 1)) for successor in ("RAA", "RBB")]

    with pytest.raises(ValueError, match="the successors of RCC are in different regions"):
        region_history.derive_regions(listings, successions)


def test_a_current_region_that_was_not_cut_from_the_old_one_is_refused() -> None:
    with pytest.raises(ValueError, match="RAA moved from Y54 to Y60"):
        region_history.derive_regions(
            {"RAA": make_listing("RAA", current_region="Y60", old_region="Y54")}, []
        )


# --- the sets of codes that rules ask for, and the contract areas, which no file builds


def test_the_ambulance_services_are_the_eleven_and_those_that_closed() -> None:
    closed = {row["org_code"] for row in read_rows("organisation.csv") if row["close_date"]}
    assert codes.ambulance_codes() - closed == set(AMBULANCE_SERVICES)
    assert codes.ambulance_codes() <= codes.organisation_codes()


def test_each_contract_area_stands_once_in_a_region_of_today() -> None:
    areas = read_rows("contract_area.csv")
    regions = {row["region_code"] for row in read_rows("region.csv") if not row["valid_to"]}
    assert len(areas) == len(codes.contract_area_codes()) == len({row["icb_code"] for row in areas})
    assert {row["region_code"] for row in areas} == regions
    assert all(row["contract_name"].strip() for row in areas)


def test_the_contract_areas_are_the_integrated_care_boards(real_data: Path) -> None:
    with (real_data / "ods" / ods_files.SYSTEM_MAPPING).open(
        encoding="utf-8-sig", newline=""
    ) as file:
        boards = {
            row["ICB Code"].strip(): (
                ods_files.find_region_code(row["Region Name"]),
                row["ICB Name"].strip().casefold(),
            )
            for row in csv.DictReader(file)
        }
    assert {
        row["icb_code"]: (
            row["region_code"],
            f"NHS {row['contract_name']} Integrated Care Board".casefold(),
        )
        for row in read_rows("contract_area.csv")
    } == boards


def test_the_one_published_contract_code_is_known(real_data: Path) -> None:
    with (real_data / "iuc_adc" / "IUCADC-sample-Apr-2023.csv").open(encoding="utf-8") as file:
        published = {(row["CONTRACT_CODE"], row["CONTRACT_NAME"]) for row in csv.DictReader(file)}
    listed = {
        (row["contract_code"], row["contract_name"]) for row in read_rows("contract_area.csv")
    }
    assert published <= listed
