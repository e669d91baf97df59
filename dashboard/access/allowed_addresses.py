"""Which addresses somebody of a trust may open; whatever is not listed here they may not.

They are served from a publication narrowed to their own rows (`narrowed`), so that this list and
that picture would both have to be wrong for another trust's figures to be seen.
"""

import re
from collections.abc import Collection

from dashboard.asked import submission_of
from dashboard.site import Site

NATIONAL_TABLES = (
    "now_england",
    "now_region",
    "national_daily",
    "national_monthly",
    "national_slot",
)
"""Tables of the publication that have no row of one organisation."""

_ANY = r"[^/]+"
_SHARED = re.compile(
    "|".join(
        [
            "/",
            "/(wall|alerts|opel|feeds|providers|quality|changes|about|search|day|months|check|openapi.json)",
            f"/(collection|region|day|months)/{_ANY}",
            f"/(measure|api/series)/{_ANY}/{_ANY}",
            rf"/data/measure/{_ANY}/{_ANY}\.(csv|json)",
            "/api/(england|regions|trusts|expected|feeds|changes|alerts|quality|findings|months)",
            rf"/data/({'|'.join(NATIONAL_TABLES)})\.parquet",
            r"/data/quality\.csv",
        ]
    )
)
_OWN = re.compile(r"/(trust|providers|feed|quality|submission|data/quality)/([^/]+)")


def may_open(path: str, organisations: Collection[str], own: Site) -> bool:
    """Whether somebody of these organisations may; `own` is the site narrowed to them.

    Reads the publication for a submission that is not among the newest of its feed.
    """
    if _SHARED.fullmatch(path):
        return True
    found = _OWN.fullmatch(path)
    if found is None:
        return False
    kind, name = found.groups()
    if kind in ("trust", "providers"):
        return name in organisations
    feeds = {feed["feed_id"] for feed in own.pages.picture.feeds}
    if kind == "data/quality":
        return name.removesuffix(".csv").removesuffix(".json") in feeds
    if kind in ("feed", "quality"):
        return name in feeds
    return _is_own_submission(name, own, feeds)


def _is_own_submission(submission_id: str, own: Site, feeds: Collection[str]) -> bool:
    if any(one["submission_id"] == submission_id for one in own.pages.picture.submissions):
        return True
    found = submission_of(own.file, submission_id)
    return found is not None and found["feed_id"] in feeds
