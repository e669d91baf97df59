"""The page on which a file is checked before it is sent: nothing of it is kept.

One file is checked at a time, in a process of its own that ends in time, so that no file keeps the
pages from anybody. Refusals and limits are those of files that are sent.
"""

import asyncio
import sys
from urllib.parse import urlsplit

import msgspec
from fastapi import FastAPI, Request
from fastapi.responses import Response
from markupsafe import Markup

from dashboard.desk import HTML
from dashboard.picture import Row
from dashboard.responses import current_site
from dashboard.site import Switch
from dashboard.upload import BadUpload, Upload, read_upload
from pipelines.base.outgoing import one_line
from pipelines.check.check_child import CheckRequest
from pipelines.check.report_page import STYLE

_SECONDS = 60
_BUSY = (
    "Another file is being checked just now. Nothing of yours was read: send it again in a minute."
)
_ENDED = (
    "The file could not be checked: it takes more than {seconds} seconds or too much memory to "
    "read. Send a smaller part of it, or have somebody run `sitrep feeds check` on it."
)
_FOREIGN = "The form was sent from another site. Open the page here, and send the file from it."


def serve_check(app: FastAPI, switch: Switch) -> None:
    """The form, and the report that it leads to."""
    checking = asyncio.Lock()

    @app.get("/assets/check.css", include_in_schema=False)
    def style() -> Response:
        return Response(STYLE.read_bytes(), media_type="text/css; charset=utf-8")

    @app.get("/check", include_in_schema=False)
    def form(feed: str = "") -> Response:
        return _page(switch, feed)

    @app.post("/check", include_in_schema=False)
    async def report(request: Request) -> Response:
        if not _is_from_here(request):
            return _page(switch, "", _FOREIGN, 403)
        if checking.locked():
            return _page(switch, "", _BUSY, 503)
        async with checking:
            try:
                upload = await read_upload(request)
                feed_id = _feed_of(upload, switch)
            except BadUpload as error:
                return _page(switch, "", str(error), 400)
            body = await _checked(feed_id, upload)
        if body is None:
            return _page(switch, feed_id, _ENDED.format(seconds=_SECONDS), 422)
        return _page(switch, feed_id, report=body)


def _page(
    switch: Switch, feed_id: str, problem: str = "", status: int = 200, report: str = ""
) -> Response:
    body = current_site(switch).pages.render(
        "check",
        "/check",
        feeds=_feeds(switch),
        chosen=feed_id,
        problem=problem,
        report=Markup(report),
    )
    return Response(body, status, media_type=HTML, headers={"cache-control": "no-store"})


def _is_from_here(request: Request) -> bool:
    """Whether the form stands on this site: a browser says where it comes from."""
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")


def _feeds(switch: Switch) -> list[Row]:
    """The feeds that whoever asks may see; a trust sees its own."""
    told = current_site(switch).pages.picture.feeds
    return sorted(told, key=lambda one: (one["collection"], one["title"]))


def _feed_of(upload: Upload, switch: Switch) -> str:
    """The feed that was chosen; raises `BadUpload` where none was, or no file."""
    feed_id = upload.fields.get("feed", "")
    if all(one["feed_id"] != feed_id for one in _feeds(switch)):
        raise BadUpload(f"There is no feed '{one_line(feed_id)[:80]}'. Choose one of the list.")
    if not upload.file_name:
        raise BadUpload("No file came. Choose one, and send it.")
    return feed_id


async def _checked(feed_id: str, upload: Upload) -> str | None:
    """The report as HTML; None where the process did not come to its end."""
    name = upload.file_name.replace("\\", "/").rpartition("/")[2]
    request = CheckRequest(feed_id, name, _SECONDS)
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "pipelines.check.check_child",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        given = msgspec.json.encode(request) + b"\n" + upload.content
        output, _ = await asyncio.wait_for(child.communicate(given), _SECONDS)
    except TimeoutError:
        return None
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    return output.decode() if child.returncode == 0 else None
