"""Reader of the publisher's winter workbook: a row per trust, a block of columns per day."""

from pipelines.parse.formats.winter_timeseries.winter_reader import read

__all__ = ["read"]
