"""How the dates and times of a column are to be written, for the message about one that is not."""

from datetime import UTC, datetime

from pipelines.registry.column import ColumnType
from pipelines.registry.format import Reading
from pipelines.registry.written_forms import EPOCHS, EXCEL_DAYS, excel_days

_ANY_TIME = datetime(2026, 11, 22, 8, 15, tzinfo=UTC)


def expected_form(kind: ColumnType, reading: Reading) -> str:
    """The format that the feed says with an example of it, to follow 'which is not a time'."""
    if kind not in ("date", "month", "slot"):
        return ""
    if reading.format is not None and reading.format in EPOCHS:
        count = int(_ANY_TIME.timestamp()) * EPOCHS[reading.format]
        return f" in this feed's format {reading.format}, like {count}"
    if reading.format == EXCEL_DAYS:
        return f" in this feed's format {reading.format}, like {excel_days(_ANY_TIME)}"
    if reading.format is not None:
        return f" in this feed's format {reading.format}, like {_ANY_TIME.strftime(reading.format)}"
    if kind == "month":
        return ", like 2026-11, 11/2026, Nov-26 or November 2026"
    if kind == "date":
        return f" in this feed's format ISO 8601, like {_ANY_TIME:%Y-%m-%d}"
    offset = "Z" if reading.zone == "offset" else ""
    return f" in this feed's format ISO 8601, like {_ANY_TIME:%Y-%m-%dT%H:%M:%S}{offset}"
