"""The pages as they were seen at an earlier time, made when they are asked for.

All is told from the publication that is shown: what it holds of revisions gives another one of
then, and the same makers of pages serve it. The newest few times stay.
"""

import re
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock

from dashboard.pages import Pages
from dashboard.site import FAULT, Site, read_pages
from dashboard.words import clock, instant
from pipelines.registry.registry import load_registry
from warehouse.publish.seen import make_seen
from warehouse.store.stored_time import as_stored

ADDRESS = "/seen"
_TIMES_KEPT = 3
_LONGEST_WAIT_SECONDS = 60
_LINK = re.compile(rb'(href|action)="/(?!assets/|seen\b|briefs\b|wall\b|openapi\.json)')


class SeenBusy(Exception):
    """Other times are being made; this one would have to wait too long."""


@dataclass(frozen=True)
class SeenSite:
    """A publication of then, and the pages of it."""

    moment: datetime
    file: Path
    pages: Pages
    untold: tuple[str, ...] = ()
    """Collections, feeds and tables that could not be told of that time."""

    @property
    def base(self) -> str:
        """Where its pages stand."""
        return f"{ADDRESS}/{self.moment:%Y-%m-%dT%H:%MZ}"

    def dress(self, body: bytes) -> bytes:
        """The page says when it was seen, and its links stay at that time."""
        base = self.base.encode()
        body = body.replace(b"England now", b"England")
        body = _LINK.sub(rb'\1="' + base + b"/", body)
        stored = as_stored(self.moment)
        seen = f'<body data-seen="{instant(stored)}" '.encode()
        told = (
            f'<div class="seen" role="status"><strong>As seen on {clock(stored)}.</strong> '
            f'<a href="{self.base}/since">What has changed since</a> · '
            f'<a href="/">Back to now</a>{self._told_partly()}</div>'
        )
        return body.replace(b"<body ", seen, 1).replace(FAULT, told.encode(), 1)

    def _told_partly(self) -> str:
        if not self.untold:
            return ""
        return f"<br><strong>Not all could be told:</strong> {escape(', '.join(self.untold))}."


class SeenTimes:
    """The earlier times that were asked for lately."""

    def __init__(self) -> None:
        self._folder = TemporaryDirectory(prefix="sitrep-seen-")
        self._lock = Lock()
        self._sites: OrderedDict[datetime, tuple[SeenSite, TemporaryDirectory[str]]] = OrderedDict()

    def at(self, site: Site, moment: datetime) -> SeenSite:
        """The pages of the moment (UTC), from the site's publication.

        Raises `NotSeen` where that cannot tell, and `SeenBusy` where others wait for it too.
        """
        if not self._lock.acquire(timeout=_LONGEST_WAIT_SECONDS):
            raise SeenBusy
        try:
            if moment not in self._sites:
                self._sites[moment] = self._make(site, moment)
                while len(self._sites) > _TIMES_KEPT:
                    self._sites.popitem(last=False)[1][1].cleanup()
            self._sites.move_to_end(moment)
            return self._sites[moment][0]
        finally:
            self._lock.release()

    def _make(self, site: Site, moment: datetime) -> tuple[SeenSite, "TemporaryDirectory[str]"]:
        folder = TemporaryDirectory(dir=self._folder.name)
        try:
            seen = make_seen(site.file, moment, load_registry(), Path(folder.name))
            pages = read_pages(seen.path, signs_in=site.pages.signs_in)
            return SeenSite(moment, seen.path, pages, tuple(seen.faults)), folder
        except BaseException:
            folder.cleanup()
            raise
