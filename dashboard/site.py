"""The pages that are served: all of one publication, made ahead, and switched at once.

A publication that cannot be read leaves the pages of the one before, and they say so.
"""

import ctypes
import gc
import gzip
import hashlib
import logging
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from html import escape
from pathlib import Path

from dashboard.desk import HTML
from dashboard.pages import Pages
from dashboard.picture import read_picture
from dashboard.words import clock
from pipelines.registry.registry import load_registry
from warehouse.publish.publications import current_path

_LOOKED_EVERY_SECONDS = 1.0
FAULT = b"<!--fault-->"
"""Where a page says what is wrong with it."""


@dataclass(frozen=True)
class Made:
    """What is sent for an address."""

    media_type: str
    body: bytes
    compressed: bytes
    tag: str


@dataclass(frozen=True)
class Site:
    """All pages of one publication."""

    file: Path
    pages: Pages
    made: Mapping[str, Made]


def make_site(file: Path, *, signs_in: bool = False) -> Site:
    """The pages of the publication in that file; raises whatever is wrong with it."""
    pages = read_pages(file, signs_in=signs_in)
    made = {address: made_of(media_type, body) for address, media_type, body in pages.all()}
    return Site(file, pages, made)


def read_pages(file: Path, *, signs_in: bool = False) -> Pages:
    """The makers of the pages of the publication in that file."""
    registry = load_registry()
    picture = read_picture(file, list(registry.collections.values()))
    return Pages(picture, registry, signs_in=signs_in)


def made_of(media_type: str, body: bytes) -> Made:
    """What is sent for a page, compressed and with its tag."""
    tag = hashlib.sha256(body).hexdigest()[:24]
    return Made(media_type, body, gzip.compress(body, 5, mtime=0), f'"{tag}"')


def _give_memory_back() -> None:
    """What reading a publication took is the system's again; glibc would keep much of it."""
    gc.collect()
    with suppress(OSError, AttributeError):
        ctypes.CDLL("libc.so.6").malloc_trim(0)


class Switch:
    """Holds the site that is served, and makes the next one when there is a newer publication."""

    def __init__(self, find: Callable[[], Path | None], *, signs_in: bool = False) -> None:
        """`find` gives the file of the publication that is current, or None.

        Pages have a way to sign out where people have signed in.
        """
        self.signs_in = signs_in
        self.organisations: frozenset[str] | None = None
        """Whose rows alone are shown; None where all are."""
        self._find = find
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="pages", daemon=True)
        self._failed: tuple[Path, int] | None = None
        self.site: Site | None = None
        self.fault: str | None = None
        """Why the site is not that of the current publication."""

    def start(self) -> None:
        """Pages are made from now on, in the background, after those of now are there."""
        self.look()
        self._thread.start()

    def stop(self) -> None:
        """No more pages are made."""
        self._stop.set()
        self._thread.join(timeout=30)

    def _watch(self) -> None:
        while not self._stop.wait(_LOOKED_EVERY_SECONDS):
            self.look()

    def look(self) -> None:
        """The site is that of the current publication, or `fault` says why it is not."""
        file = None
        try:
            file = self._find()
            if file is None:
                self._tell("There is no publication.")
                return
            if self.site is not None and self.site.file == file and file.exists():
                self.fault = None
                return
            stamp = (file, file.stat().st_mtime_ns)
            if stamp == self._failed:
                return
            self.site = make_site(file, signs_in=self.signs_in)
            _give_memory_back()
            self.fault = None
            logging.getLogger(__name__).info("pages of %s", file.stem)
        except Exception as error:
            logging.getLogger(__name__).exception("pages of %s could not be made", file)
            if file is not None and file.exists():
                self._failed = (file, file.stat().st_mtime_ns)
            self._tell(f"{type(error).__name__}: {error}".splitlines()[0])

    def _tell(self, reason: str) -> None:
        if self.fault is None:
            since = clock(datetime.now(UTC).replace(tzinfo=None))
            self.fault = f"Since {since} the newest publication cannot be shown. {reason}"

    def body_of(self, made: Made) -> bytes:
        """The page as it is sent now: with what is wrong, where something is."""
        if self.fault is None or made.media_type != HTML:
            return made.body
        told = (
            f'<div class="fault" role="status"><strong>These figures are not the newest.</strong> '
            f"{escape(self.fault)} The last good pages stay.</div>"
        )
        return made.body.replace(FAULT, told.encode(), 1)


def current_of(home: Path) -> Callable[[], Path | None]:
    """Finds the publication that is current in that home."""

    return partial(current_path, home)
