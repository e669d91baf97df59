"""Feeds of each layout for the tests of the simulator, apart from the project's own feed files."""

from functools import cache
from typing import Any

from pipelines.registry.contract import Collection
from pipelines.registry.feed import Feed
from pipelines.registry.registry import Registry, load_registry

CLOCK = {"given_in": "clock"}
FILE_TIME = {"pattern": r"_(\d{8}T\d{6})\.", "format": "%Y%m%dT%H%M%S", "zone": "UTC"}

BOARD = {
    "kind": "csv",
    "encoding": "utf-8",
    "delimiter": ",",
    "columns": {
        "org_code": {"constant": "$provider"},
        "site_code": ["Site"],
        "slot_start": {
            "headings": ["Snapshot time"],
            "format": "%d/%m/%Y %H:%M",
            "zone": "Europe/London",
            "labelled_by": "end",
        },
        "patients_in_department": ["In department, all"],
        "longest_wait_minutes": {"headings": ["Longest wait"], "suffixes": ["mins", "min"]},
        "opel_level": {"headings": ["OPEL"], "prefixes": ["OPEL"]},
    },
    "total_names": ["Total", "Trust total"],
}
TWO_COLUMNS = {
    "kind": "csv",
    "encoding": "cp1252",
    "delimiter": ";",
    "columns": {
        "slot_start": {
            "headings": ["Slot date"],
            "time_headings": ["Slot time"],
            "format": "%d/%m/%Y %H:%M",
            "zone": "Europe/London",
        }
    },
    "not_reported": {"ambulances_waiting": "Not registered."},
}
ENGINE = {
    "kind": "json",
    "records": "payload.sites",
    "columns": {
        "org_code": ["trust"],
        "slot_start": ["interval_start"],
        "longest_wait_minutes": {"headings": ["longest_wait_seconds"], "given_in": "seconds"},
    },
}
LINES = {"kind": "json", "not_reported": {"ga_beds_open": "Kept elsewhere."}}
WORKBOOK = {
    "kind": "xlsx",
    "sheet": "ED SitRep",
    "columns": {
        "org_code": {"constant": "$provider"},
        "site_code": ["Site code"],
        "slot_start": {
            "headings": ["Period start"],
            "format": "%d/%m/%Y %H:%M",
            "zone": "Europe/London",
        },
        "longest_wait_minutes": {"headings": ["Longest wait"], **CLOCK},
    },
    "total_names": ["Total"],
    "ignored_headings": ["Completed by", "Comments"],
}
TEMPLATE = {"kind": "csv", "encoding": "utf-8-sig", "delimiter": ","}
AREAS = {"kind": "csv", "columns": {"slot_start": {"headings": ["slot_start_utc"], "zone": "UTC"}}}
UNICODE_TEXT = {
    "kind": "csv",
    "delimiter": "\t",
    "encoding": "utf-16",
    "columns": {
        "report_date": {"headings": ["Day"], "format": "%d/%m/%Y"},
        "response_c1_mean_seconds": {"headings": ["C1 mean (mins)"], "given_in": "minutes"},
        "response_c2_mean_seconds": {"headings": ["C2 mean"], **CLOCK},
        "handover_time_lost_hours": {"headings": ["Time lost"], **CLOCK},
        "reap_level": {"prefixes": ["REAP"]},
    },
}
DAY_SHEET = {"kind": "xlsx", "columns": {"org_code": ["Organisation"]}}

TWO_SITES = "RCF"
"""A trust for which two sites are invented."""


def make_feed(
    collection: str, code: str, form: dict[str, Any], suffix: str = "csv", **more: Any
) -> Feed:
    """A live feed of that provider and format."""
    return Feed.model_validate(
        {
            "feed_id": f"{collection}.{code.lower()}",
            "collection": collection,
            "title": code,
            "provider": {"code": code, "name": code},
            "stage": "live",
            "slots_from": "2026-11-01",
            "source": {
                "kind": "directory",
                "endpoint": f"incoming/{collection}",
                "pattern": f"{code}_{collection}_*.{suffix}",
            },
            "file_time": FILE_TIME,
            "format": form,
            **more,
        }
    )


@cache
def contract(name: str) -> Collection:
    """The project's contract of that collection."""
    return load_registry().collection(name)


def make_registry(*feeds: Feed) -> Registry:
    """The project's contracts with these feeds alone."""
    collections = load_registry().collections
    return Registry(collections, {feed.feed_id: feed for feed in feeds}, ())


def every_kind() -> list[Feed]:
    """A feed of each format and collection."""
    acute, areas = "acute_realtime", ("111AD5", "111QE1", "111QF7")
    return [
        make_feed(acute, "R1H", BOARD),
        make_feed(acute, TWO_SITES, TWO_COLUMNS),
        make_feed(acute, "RR8", ENGINE, "json"),
        make_feed(acute, "RRV", LINES, "json"),
        make_feed(acute, "RA7", WORKBOOK, "xlsx"),
        make_feed(acute, "R0A", TEMPLATE),
        make_feed("nhs111", "X24", AREAS, reports_for=areas),
        make_feed("ambulance_sitrep", "RYF", UNICODE_TEXT, "txt"),
        make_feed("ambulance_sitrep", "RX6", DAY_SHEET, "xlsx"),
        make_feed("ambulance_sitrep", "RRU", LINES | {"not_reported": {}}, "json"),
    ]
