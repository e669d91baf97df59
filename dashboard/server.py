"""Serves the pages: read-only, under a strict content policy, and behind `access` if exposed."""

from datetime import date
from pathlib import Path
from typing import Annotated, Any

import msgspec
from fastapi import FastAPI, HTTPException, Query, Request
from fastapi.responses import FileResponse, JSONResponse, RedirectResponse, Response
from starlette.middleware.trustedhost import TrustedHostMiddleware

from dashboard.access.exposure import Access
from dashboard.access.gate import protect
from dashboard.asked import submission_of
from dashboard.brief_routes import serve_briefs
from dashboard.check_routes import CheckDesk, serve_check
from dashboard.desk import HTML
from dashboard.responses import current_site, parquet_of, readable
from dashboard.seen_routes import serve_seen
from dashboard.site import Made, Switch
from pipelines.base.settings import settings
from pipelines.serving.safe_headers import SafeHeaders

ASSETS = Path(__file__).parent / "assets"
_HOSTS = ["localhost", "127.0.0.1", "[::1]", "::1"]
_HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'self'; script-src 'self'; "
    "img-src 'self' data:; connect-src 'self'; font-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
_NOTHING_YET = (
    b"<!DOCTYPE html><html lang=en><title>Control room</title><h1>No publication yet</h1>"
    b"<p>The dashboard shows figures as soon as there is one: run <code>sitrep publish</code>."
)


def make_app(switch: Switch, home: Path | None = None, access: Access | None = None) -> FastAPI:
    """The application; `home` is where answers to submissions are kept, if that is known.

    `access` says who may see what; without it everybody on this machine sees all.
    """
    desk = CheckDesk() if settings().dashboard_check else None
    app = _make_open_app(switch, home, desk)
    if access is not None:
        protect(app, access, switch, lambda other: _make_open_app(other, home, desk))
    app.add_middleware(SafeHeaders, headers=_HEADERS)
    hosts = [*_HOSTS, *(access.hosts if access else ())]
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=hosts)
    return app


def _make_open_app(switch: Switch, home: Path | None, desk: CheckDesk | None) -> FastAPI:
    """All addresses, for whoever asks; those of checks where there is a desk for them."""
    app = FastAPI(
        title="Urgent and emergency care: control room",
        description="The figures of the current publication. Times are UTC.",
        version="1",
        docs_url=None,
        redoc_url=None,
    )

    serve_briefs(app, switch, home)
    _serve_data(app, switch)
    _serve_asked(app, switch, home)
    serve_seen(app, switch)
    if desk is not None:
        serve_check(app, switch, desk)
    _serve_pages(app, switch)
    return app


def _serve_data(app: FastAPI, switch: Switch) -> None:
    """Figures as JSON and Parquet, and what pages look like."""

    @app.get("/healthz", summary="Whether pages are served, and of which publication")
    async def health() -> JSONResponse:
        site = switch.site
        told = {"publication": site and site.pages.picture.name, "fault": switch.fault}
        return JSONResponse(told, 200 if site and not switch.fault else 503)

    @app.get(
        "/api/{table}",
        summary="Now: england, regions, trusts, expected, feeds, changes, alerts; by day: quality, "
        "findings",
    )
    async def table(table: str, request: Request) -> Response:
        return _send(switch, f"/api/{table}", request)

    @app.get("/api/series/{collection}/{measure}", summary="England's series of a measure")
    async def series(collection: str, measure: str, request: Request) -> Response:
        return _send(switch, f"/data/measure/{collection}/{measure}.json", request)

    @app.get("/data/{table}.parquet", summary="A table of the publication as Parquet")
    def parquet(table: str) -> Response:
        site = current_site(switch)
        return parquet_of(site.pages, site.file, table)

    @app.get("/assets/{name}", include_in_schema=False)
    def asset(name: str) -> Response:
        file = next((one for one in ASSETS.iterdir() if one.name == name), None)
        if file is None or file.suffix not in _TYPES:
            raise HTTPException(404)
        return FileResponse(file, media_type=_TYPES[file.suffix])


def _serve_asked(app: FastAPI, switch: Switch, home: Path | None) -> None:
    """Pages that are made when they are asked for."""

    @app.get("/search", include_in_schema=False)
    def search(q: Annotated[str, Query(max_length=100)] = "") -> Response:
        body = current_site(switch).pages.search(q)
        return Response(switch.body_of(_as_made(body)), media_type=HTML)

    @app.get("/day", include_in_schema=False)
    def of_day(day: date) -> Response:
        return RedirectResponse(f"/day/{day.isoformat()}", 303)

    @app.get("/day/{day}", include_in_schema=False)
    def past_day(day: date) -> Response:
        site = current_site(switch)
        with readable():
            body = site.pages.of_day(site.file, day)
        return Response(switch.body_of(_as_made(body)), media_type=HTML)

    @app.get("/submission/{submission_id}", include_in_schema=False)
    def submission(submission_id: str) -> Response:
        site = current_site(switch)
        with readable():
            found = submission_of(site.file, submission_id)
        if found is None:
            raise HTTPException(404)
        answer = _answer(home, found) if home else None
        body = site.pages.render("submission", "/submission", one=found, answer=answer)
        return Response(switch.body_of(_as_made(body)), media_type=HTML)


def _serve_pages(app: FastAPI, switch: Switch) -> None:
    """All pages that are made ahead, and what stands in place of one that is not there."""

    @app.get("/{path:path}", include_in_schema=False)
    async def page(path: str, request: Request) -> Response:
        return _send(switch, f"/{path}", request)

    @app.exception_handler(503)
    def unreadable(_request: Request, _error: Exception) -> Response:
        body = current_site(switch).pages.render("unreadable", "/")
        return Response(body, 503, media_type=HTML)

    @app.exception_handler(504)
    def late(_request: Request, _error: Exception) -> Response:
        body = current_site(switch).pages.render("late", "/")
        return Response(body, 504, media_type=HTML)

    @app.exception_handler(404)
    def lost(_request: Request, _error: Exception) -> Response:
        site = switch.site
        if site is None:
            return Response(_NOTHING_YET, 503, media_type=HTML)
        return Response(site.pages.render("lost", "/"), 404, media_type=HTML)


def _send(switch: Switch, address: str, request: Request) -> Response:
    site = switch.site
    if site is None:
        return Response(_NOTHING_YET, 503, media_type=HTML)
    made = site.made.get(address)
    if made is None:
        raise HTTPException(404)
    if switch.fault is not None and made.media_type == HTML:
        return Response(
            switch.body_of(made), media_type=HTML, headers={"cache-control": "no-store"}
        )
    headers = {"etag": made.tag, "cache-control": "no-cache", "vary": "accept-encoding"}
    if request.headers.get("if-none-match") == made.tag:
        return Response(status_code=304, headers=headers)
    if "gzip" in request.headers.get("accept-encoding", ""):
        headers["content-encoding"] = "gzip"
        return Response(made.compressed, media_type=made.media_type, headers=headers)
    return Response(made.body, media_type=made.media_type, headers=headers)


def _as_made(body: bytes) -> Made:
    return Made(HTML, body, b"", "")


def _answer(home: Path, submission: dict[str, Any]) -> dict[str, Any] | None:
    """The answer with remarks, where it is kept in this home."""
    from pipelines.answer.answer import answer_files
    from pipelines.base.state.documents import kept_state

    file = answer_files(home, submission["feed_id"], submission["submission_id"])[0]
    try:
        found: dict[str, Any] = msgspec.json.decode(kept_state(home).read(file))
    except (OSError, ValueError):
        return None
    return found
