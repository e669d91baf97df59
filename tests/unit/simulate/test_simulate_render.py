"""Files in each feed's own format, read back by simple code that knows one format each."""

import csv
import io
import json
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import openpyxl
import pytest

from pipelines.registry.feed import Feed
from pipelines.simulate.figures import Figures
from pipelines.simulate.keys import keys_of
from pipelines.simulate.render import FeedPlan, Values
from tests.support.simulate_feeds import (
    AREAS,
    BOARD,
    DAY_SHEET,
    ENGINE,
    LINES,
    TEMPLATE,
    TWO_COLUMNS,
    TWO_SITES,
    UNICODE_TEXT,
    WORKBOOK,
    contract,
    make_feed,
)

DAY = date(2026, 7, 1)
SLOT = datetime(2026, 7, 1, 9, 15, tzinfo=UTC)
NUMBER = (9 + 1) * 4 + 1
"""Number of that slot in its London day, which begins at 23:00 UTC."""


def write(feed: Feed, slot: datetime = SLOT, number: int = NUMBER) -> tuple[bytes, Values]:
    """The file of one slot, and the values that it tells, keys × 1."""
    collection = contract(feed.collection)
    keys = keys_of(feed, collection)
    values = Figures(1, feed.collection, keys).of_day(DAY)
    own = {name: numbers[:, number : number + 1] for name, numbers in values.items()}
    plan = FeedPlan(feed, collection, keys)
    return plan.write(plan.tables(own, [slot])[0], SLOT), own


def read_csv(content: bytes, encoding: str, delimiter: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode(encoding)), delimiter=delimiter))


def read_sheet(content: bytes, sheet: str) -> list[tuple[Any, ...]]:
    return list(openpyxl.load_workbook(io.BytesIO(content))[sheet].iter_rows(values_only=True))


def test_board_has_words_units_and_a_total_line() -> None:
    content, values = write(make_feed("acute_realtime", "RR8", BOARD))
    header, first, second, total = read_csv(content, "utf-8", ",")
    assert header[:3] == ["Site", "Snapshot time", "In department, all"]
    assert "org_code" not in header and "arrivals" in header
    # 09:15 UTC is 10:15 in London, and the slot is named by its end.
    assert first[:2] == ["RR801", "01/07/2026 10:30"]
    assert second[0] == "RR802"
    staying, waits = values["patients_in_department"][:, 0], values["longest_wait_minutes"][:, 0]
    assert [int(first[2]), int(second[2])] == staying.tolist()
    assert first[header.index("Longest wait")] == f"{waits[0]} mins"
    assert first[-1] == f"OPEL {values['opel_level'][0, 0]}"
    assert (total[0], total[1], int(total[2])) == ("Total", "", staying.sum())
    assert total[-1] == ""


def test_day_and_time_stand_in_two_columns() -> None:
    content, values = write(make_feed("acute_realtime", TWO_SITES, TWO_COLUMNS))
    header, first, _second = read_csv(content, "cp1252", ";")
    assert header[:4] == ["org_code", "site_code", "Slot date", "Slot time"]
    assert first[:4] == [TWO_SITES, f"{TWO_SITES}01", "01/07/2026", "10:15"]
    assert "ambulances_waiting" not in header
    assert int(first[header.index("arrivals")]) == values["arrivals"][0, 0]


def test_template_has_the_contracts_names_and_times_in_utc() -> None:
    content, values = write(make_feed("acute_realtime", "R0A", TEMPLATE))
    header, row = read_csv(content, "utf-8-sig", ",")
    assert header == [column.name for column in contract("acute_realtime").columns]
    assert content.startswith(b"\xef\xbb\xbf") and content.endswith(b"\r\n")
    assert row[2] == "2026-07-01T09:15:00Z"
    assert row[3:] == [str(values[name][0, 0]) for name in header[3:]]


def test_objects_stand_where_records_says() -> None:
    content, values = write(make_feed("acute_realtime", "RR8", ENGINE, "json"))
    sites = json.loads(content)["payload"]["sites"]
    assert [site["site_code"] for site in sites] == ["RR801", "RR802"]
    assert sites[0]["trust"] == "RR8"
    assert sites[0]["interval_start"] == "2026-07-01T10:15:00+01:00"
    waits = (values["longest_wait_minutes"][:, 0] * 60).tolist()
    assert [site["longest_wait_seconds"] for site in sites] == waits


def test_without_records_there_is_an_object_on_each_line() -> None:
    content, values = write(make_feed("acute_realtime", "RR8", LINES, "json"))
    objects = [json.loads(line) for line in content.decode().splitlines()]
    assert [one["site_code"] for one in objects] == ["RR801", "RR802"]
    assert objects[0]["slot_start"] == "2026-07-01T09:15:00Z"
    assert "ga_beds_open" not in objects[0]
    assert objects[1]["arrivals"] == values["arrivals"][1, 0]


def test_workbook_has_its_sheet_clocks_and_a_total_line() -> None:
    content, values = write(make_feed("acute_realtime", "RR8", WORKBOOK, "xlsx"))
    header, first, _second, total = read_sheet(content, "ED SitRep")
    assert header[:2] == ("Site code", "Period start")
    assert first[:2] == ("RR801", "01/07/2026 10:15")
    minutes = int(values["longest_wait_minutes"][0, 0])
    assert first[header.index("Longest wait")] == f"{minutes // 60}:{minutes % 60:02d}:00"
    arrivals = header.index("arrivals")
    assert first[arrivals] == values["arrivals"][0, 0]
    assert (total[0], total[arrivals]) == ("Total", values["arrivals"].sum())


def test_unicode_text_has_tabs_minutes_and_clocks() -> None:
    content, values = write(make_feed("ambulance_sitrep", "RYF", UNICODE_TEXT, "txt"), number=0)
    header, row = read_csv(content, "utf-16", "\t")
    told = dict(zip(header, row, strict=True))
    assert told["Day"] == "01/07/2026"
    c1, c2 = values["response_c1_mean_seconds"][0, 0], values["response_c2_mean_seconds"][0, 0]
    assert float(told["C1 mean (mins)"]) * 60 == pytest.approx(c1, abs=0.05)
    hours, minutes, seconds = map(int, told["C2 mean"].split(":"))
    assert hours * 3600 + minutes * 60 + seconds == c2
    lost = told["Time lost"].split(":")
    hours_lost = values["handover_time_lost_hours"][0, 0]
    assert int(lost[0]) + int(lost[1]) / 60 == pytest.approx(hours_lost, abs=1 / 60)
    assert told["reap_level"] == f"REAP {values['reap_level'][0, 0]}"


def test_a_day_without_a_form_is_a_true_date_in_a_workbook() -> None:
    content, _ = write(make_feed("ambulance_sitrep", "RX6", DAY_SHEET, "xlsx"), number=0)
    header, row = read_sheet(content, "Sheet1")
    assert row[header.index("report_date")] == datetime(2026, 7, 1)
    assert row[0] == "RX6"


def test_areas_have_a_row_each() -> None:
    feed = make_feed("nhs111", "X24", AREAS, reports_for=("111QE1", "111AD5"))
    content, values = write(feed)
    lines = content.decode("utf-8-sig").splitlines()
    delimiter = ";" if ";" in lines[0] else ","
    rows = [line.split(delimiter) for line in lines]
    assert [row[0] for row in rows] == ["contract_code", "111AD5", "111QE1"]
    assert rows[1][1] == "2026-07-01T09:15:00"
    assert [int(row[2]) for row in rows[1:]] == values["calls_received"][:, 0].tolist()


def test_of_an_hour_that_comes_twice_a_feed_without_offsets_cannot_tell_which() -> None:
    feed = make_feed("acute_realtime", "R1H", BOARD)
    plan = FeedPlan(feed, contract("acute_realtime"), [("R1H", "R1H01")])
    slots = [datetime(2026, 10, 25, 0, minute, tzinfo=UTC) for minute in (0, 15, 30, 45)]
    later = [slot.replace(hour=1) for slot in slots]
    # Named by their ends: 00:45 is 02:00 in summer time and so 01:00 in winter time.
    assert list(plan.ambiguous(slots)) == [True, True, True, True]
    assert list(plan.ambiguous(later)) == [True, True, True, False]
    assert labels_of(plan, slots) == labels_of(plan, later)[:3] + labels_of(plan, slots)[3:]
    before = datetime(2026, 10, 24, 23, 45, tzinfo=UTC)
    assert list(plan.ambiguous([before])) == [True]


def labels_of(plan: FeedPlan, slots: Sequence[datetime]) -> list[str]:
    """What the files call the slots."""
    names = [column.column.name for column in plan.columns]
    values = {name: np.ones((1, len(slots)), dtype=np.int64) for name in names}
    return [str(table.rows[0][1]) for table in plan.tables(values, slots)]


def test_the_same_slot_gives_the_same_bytes() -> None:
    for form, suffix in ((BOARD, "csv"), (WORKBOOK, "xlsx"), (ENGINE, "json")):
        feed = make_feed("acute_realtime", "R1H", form, suffix)
        assert write(feed)[0] == write(feed)[0]
