"""The page on which a file is checked: a form, and the report in its place.

Off unless a setting says otherwise. Where people sign in, a trust checks files of its own feeds
only, and they are compared with its own values only.
"""

import threading

from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import Response
from markupsafe import Markup
from starlette.concurrency import run_in_threadpool

from dashboard.desk import HTML, templates
from dashboard.site import Switch
from dashboard.uploads import MOST_FILES, NotUploaded, read_upload
from pipelines.base.settings import settings
from pipelines.check.check_process import CheckEnded, report_in_child
from pipelines.check.check_report import page_style, style_source
from pipelines.registry.feed import Feed
from pipelines.registry.registry import Registry, load_registry

ADDRESS = "/check"
_BUSY_SECONDS = "10"


class CheckDesk:
    """Makes one check at a time, whoever asks: a check takes a core and much memory."""

    def __init__(self) -> None:
        self._at_work = threading.Lock()

    def take(self) -> bool:
        """Whether the one place was free; who has taken it gives it back."""
        return self._at_work.acquire(blocking=False)

    def give_back(self) -> None:
        """The next check can be made."""
        self._at_work.release()


def serve_check(app: FastAPI, switch: Switch, desk: CheckDesk) -> None:
    """The application has `/check`; `desk` is one for all that see different things."""

    @app.get(ADDRESS, include_in_schema=False)
    def form(feed: str = "") -> Response:
        return _form(_feeds(switch), chosen=feed)

    @app.post(ADDRESS, include_in_schema=False)
    async def check(request: Request) -> Response:
        if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            raise HTTPException(403)
        feeds = await run_in_threadpool(_feeds, switch)
        if not desk.take():
            told = "Another file is being checked. Try again in some seconds."
            return _form(feeds, told, 503, {"retry-after": _BUSY_SECONDS})
        try:
            return await _checked(request, switch, feeds)
        finally:
            desk.give_back()


async def _checked(request: Request, switch: Switch, feeds: list[Feed]) -> Response:
    """The report, or the form with what is wrong."""
    chosen = ""
    try:
        upload = await read_upload(request)
        chosen = upload.feed
        if chosen not in {feed.feed_id for feed in feeds}:
            raise NotUploaded(400, "Choose one of the feeds below.")
        file = switch.site.file if switch.site else None
        page = await run_in_threadpool(
            report_in_child, chosen, upload.files, file, switch.organisations, ADDRESS
        )
    except NotUploaded as error:
        return _form(feeds, str(error), error.status, {"connection": "close"}, chosen)
    except CheckEnded as error:
        return _form(feeds, str(error), 422, chosen=chosen)
    return _sent(page.encode())


def _feeds(switch: Switch) -> list[Feed]:
    """The feeds that who asks may check files for."""
    registry: Registry = load_registry()
    feeds = sorted(registry.feeds.values(), key=lambda feed: (feed.collection, feed.title))
    if switch.organisations is None:
        return feeds
    return [feed for feed in feeds if feed.provider and feed.provider.code in switch.organisations]


def _form(
    feeds: list[Feed],
    fault: str = "",
    status: int = 200,
    headers: dict[str, str] | None = None,
    chosen: str = "",
) -> Response:
    collections: dict[str, list[Feed]] = {}
    for feed in feeds:
        collections.setdefault(feed.collection, []).append(feed)
    body = (
        templates()
        .get_template("check.html.j2")
        .render(
            feeds=list(collections.items()),
            fault=fault,
            chosen=chosen,
            style=Markup(page_style()),
            most_files=MOST_FILES,
            most_bytes=f"{settings().max_file_bytes / 1024 / 1024:,.0f} MB",
        )
    )
    return _sent(body.encode(), status, headers)


def _sent(body: bytes, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A page with its style in it, which nobody keeps."""
    policy = (
        f"default-src 'none'; style-src {style_source()}; img-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    )
    own = {"content-security-policy": policy, "cache-control": "no-store", **(headers or {})}
    return Response(body, status, media_type=HTML, headers=own)
