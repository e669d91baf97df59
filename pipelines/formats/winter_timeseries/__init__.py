"""Reader of the publisher's winter workbook: a row per trust, a block of columns per day."""

from pipelines.formats.winter_timeseries.reader import read

__all__ = ["read"]
