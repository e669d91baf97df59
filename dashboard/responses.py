"""What the routes share: the site that is shown, tables as Parquet, and what cannot be answered."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from fastapi import HTTPException
from fastapi.responses import FileResponse

from dashboard.pages import Pages
from dashboard.site import Site, Switch
from pipelines.base.errors import SitrepError, UsageError
from warehouse.publish.publications import copy_path
from warehouse.store.reader import QuestionEnded


@contextmanager
def readable() -> Iterator[None]:
    """What cannot be read from the publication now is told as such."""
    import duckdb

    try:
        yield
    except UsageError:
        raise
    except QuestionEnded as error:
        raise HTTPException(504) from error
    except (duckdb.Error, SitrepError, OSError) as error:
        logging.getLogger(__name__).exception("the publication cannot be read")
        raise HTTPException(503) from error


def current_site(switch: Switch) -> Site:
    """The site that is shown; without one there is no page."""
    if switch.site is None:
        raise HTTPException(404)
    return switch.site


def parquet_of(pages: Pages, file: Path, table: str) -> FileResponse:
    """The table of a publication's file as Parquet, where these pages offer it."""
    copy = copy_path(file.with_suffix(""), table)
    if table not in pages.tables() or not copy.is_file():
        raise HTTPException(404)
    return FileResponse(copy, media_type="application/vnd.apache.parquet")


def day_named(text: str) -> date:
    """The day that an address names; what is no day has no page."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise HTTPException(404) from error
