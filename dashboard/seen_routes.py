"""Serves the pages as they were seen at an earlier time."""

from typing import Annotated

from fastapi import FastAPI, HTTPException, Query
from fastapi.responses import RedirectResponse, Response

from dashboard.asked import submission_of
from dashboard.desk import HTML
from dashboard.responses import current_site, day_named, parquet_of, readable
from dashboard.seen_times import ADDRESS, SeenBusy, SeenSite, SeenTimes
from dashboard.site import Site, Switch
from pipelines.base.clock import parse_instant
from pipelines.base.errors import UsageError
from warehouse.publish.seen import NotSeen

_MOST_TEXT = 40
_UNCHANGED = {"cache-control": "private, max-age=60"}


def serve_seen(app: FastAPI, switch: Switch) -> None:
    """The application has `/seen?at=…` and all pages below `/seen/<time>/`."""
    times = SeenTimes()

    @app.get(ADDRESS, include_in_schema=False)
    def asked(at: Annotated[str, Query(max_length=_MOST_TEXT)], page: str = "/") -> Response:
        site = current_site(switch)
        try:
            moment = parse_instant(at)
        except UsageError as error:
            return _told(site, "This time cannot be told", str(error), 400)
        path = page if page.startswith("/") and not page.startswith("//") else "/"
        return RedirectResponse(f"{ADDRESS}/{moment:%Y-%m-%dT%H:%MZ}{path}", 303)

    @app.get(ADDRESS + "/{at}/{path:path}", include_in_schema=False)
    def seen(at: str, path: str, q: Annotated[str, Query(max_length=100)] = "") -> Response:
        site = current_site(switch)
        try:
            moment = parse_instant(at[:_MOST_TEXT]).replace(second=0, microsecond=0)
            with readable():
                then = times.at(site, moment)
        except NotSeen as error:
            return _told(site, "This time cannot be told", str(error), 404)
        except UsageError as error:
            return _told(site, "This time cannot be told", str(error), 400)
        except SeenBusy:
            message = "Other times are being prepared. Try again in a minute."
            return _told(site, "Please wait", message, 503)
        return _send(site, then, f"/{path}", q)


def _told(site: Site, title: str, message: str, status: int) -> Response:
    body = site.pages.render("told", ADDRESS, title=title, message=message)
    return Response(body, status, media_type=HTML)


def _send(site: Site, then: SeenSite, address: str, asked: str) -> Response:
    pages = then.pages
    kind, _, rest = address[1:].partition("/")
    if kind == "data" and rest.endswith(".parquet"):
        return parquet_of(pages, then.file, rest.removesuffix(".parquet"))
    body: bytes | None = None
    media_type = HTML
    with readable():
        if address == "/since":
            body = pages.since(site.file, site.pages.picture.made_at, then.moment)
        elif address == "/search":
            body = pages.search(asked)
        elif kind == "day" and rest:
            body = pages.of_day(then.file, day_named(rest))
        elif kind == "submission" and (found := submission_of(then.file, rest)):
            body = pages.render("submission", "/submission", one=found, answer=None)
        elif make := pages.makers.get(address):
            _, media_type, body = make()
    if body is None:
        raise HTTPException(404)
    if media_type == HTML:
        body = then.dress(body)
    return Response(body, media_type=media_type, headers=_UNCHANGED)
