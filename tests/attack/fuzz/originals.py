"""Valid files for every feed, from which the attacks start: the simulated providers wrote them.

A feed that takes workbooks has its table as .xls and .ods besides, which its reader opens too.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from pipelines.registry.registry import load_registry
from pipelines.simulate.events import PlannedDelivery
from pipelines.simulate.plan import Plan, Window, simulated_feeds
from tests.attack.fuzz.old_workbooks import write_ods, write_xls
from tests.support.small_workbook import FILE_NAME, write_workbook

MOMENT = "2026-11-25T12:00:00Z"
"""What the clock says during an attack; all valid files were made before."""
_DAY = datetime(2026, 11, 24, tzinfo=UTC)
WINTER = ("acute_sitrep.winter_timeseries", "ambulance_handover.winter_timeseries")


@dataclass(frozen=True)
class Original:
    """A valid file: its form is csv, json, xlsx, xls or ods."""

    feed_id: str
    name: str
    content: bytes
    form: str


@cache
def originals() -> Sequence[Original]:
    """A file for every feed that can be simulated, and the winter workbook, in a fixed order."""
    registry = load_registry()
    plan = Plan(registry, simulated_feeds(registry), 1, {})
    found = []
    for event in plan.events(Window(_DAY, _DAY + timedelta(minutes=15))):
        assert isinstance(event, PlannedDelivery)
        form = registry.feeds[event.feed_id].format.kind
        found.append(Original(event.feed_id, event.file_name, event.content, form))
    with TemporaryDirectory() as folder:
        winter = write_workbook(Path(folder) / FILE_NAME).read_bytes()
    found += [Original(feed_id, FILE_NAME, winter, "xlsx") for feed_id in WINTER]
    for one in [one for one in found if one.form == "xlsx"]:
        sheets = _sheets(one.content)
        found.append(Original(one.feed_id, one.name, write_xls(sheets), "xls"))
        found.append(Original(one.feed_id, one.name, write_ods(sheets), "ods"))
    return tuple(found)


def _sheets(workbook: bytes) -> dict[str, list[list[str | float]]]:
    """The cells of each sheet as texts and numbers."""
    from python_calamine import CalamineWorkbook

    from pipelines.parse.files.workbook import cell_text

    book = CalamineWorkbook.from_object(BytesIO(workbook))
    return {
        name: [
            [cell if isinstance(cell, float) else cell_text(cell) for cell in row]
            for row in book.get_sheet_by_name(name).to_python(skip_empty_area=False)
        ]
        for name in book.sheet_names
    }
