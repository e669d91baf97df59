"""The addresses below /v1/submissions."""

import asyncio
import logging
from typing import Annotated, Any

import msgspec
from fastapi import Depends, FastAPI, Query, Request
from fastapi.responses import Response
from fastapi.security import HTTPBearer
from starlette.concurrency import run_in_threadpool

from pipelines.answer.answer import page_of
from pipelines.base.errors import DiskFault
from pipelines.base.outgoing import json_text
from pipelines.collect.hostile_names import why_hostile
from pipelines.collect.sources.push import HERE
from pipelines.landing.landing import Delivery, Manifest
from pipelines.push.landing_line import LandingLine
from pipelines.push.posted_bodies import HeldBodies, IncomingBody, encoding_of
from pipelines.push.posted_feeds import KnownFeeds, asked_feed, feed_that_takes, name_expected
from pipelines.push.posted_names import name_of
from pipelines.push.push_gate import PushGate
from pipelines.push.said_no import SaidNo, try_again
from pipelines.push.submission_states import RECEIVED, StatesOfHome, state_of
from pipelines.registry.feed import Feed
from pipelines.tokens.push_token import PushToken
from pipelines.tokens.refusals import Why

_LANDING_SECONDS = 60.0
_DISK_SECONDS = 60
_MARKDOWN = "text/markdown"
_MOST_LISTED = 500
_BEARER = [Depends(HTTPBearer(auto_error=False, description="The provider's own token."))]
_BODY = {
    "requestBody": {
        "required": True,
        "description": "The bytes of the file; packed with gzip where Content-Encoding says so.",
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    },
    "parameters": [
        {
            "name": "X-File-Name",
            "in": "header",
            "description": "The file's name; or Content-Disposition, or ?name=.",
            "schema": {"type": "string"},
        }
    ],
}
_log = logging.getLogger("sitrep.push")


class SubmissionRoutes:
    """Takes posts, and tells what became of them."""

    def __init__(
        self,
        gate: PushGate,
        feeds: KnownFeeds,
        line: LandingLine,
        held: HeldBodies,
        states: StatesOfHome,
        seconds: float,
    ) -> None:
        self._gate = gate
        self._feeds = feeds
        self._line = line
        self._held = held
        self._states = states
        self._seconds = seconds

    def serve(self, app: FastAPI) -> None:
        """The app has the addresses."""
        address = "/v1/submissions"
        app.post(
            address,
            status_code=202,
            summary="Send a file",
            dependencies=_BEARER,
            openapi_extra=_BODY,
        )(self.post)
        app.get(address, summary="Your last submissions, the newest first", dependencies=_BEARER)(
            self.list
        )
        app.get(
            f"{address}/{{submission_id}}",
            summary="What became of a submission: as JSON, or as Markdown where Accept asks for it",
            dependencies=_BEARER,
        )(self.tell)

    async def post(
        self,
        request: Request,
        feed: Annotated[
            str | None, Query(max_length=200, description="Where the token is for several feeds.")
        ] = None,
    ) -> Response:
        """Answers 202 when the file is durable: its id, and where to ask for its answer."""
        body = IncomingBody(request)
        try:
            token = await self._gate.admit(request)
            own, name = await self._judge(request, token, feed)
        except SaidNo as no:
            # Nothing of the body was read.
            await body.read_on()
            no.headers["connection"] = "close"
            raise
        with self._held.room(token.token_id) as room:
            content = await body.read(room, self._seconds)
            delivery = Delivery(content, name, own.feed_id, f"{HERE}/{name}")
            manifest = await self._land(delivery)
        where = f"/v1/submissions/{manifest.delivery_id}"
        return _as_json({**state_of(manifest), "location": where}, 202, {"location": where})

    async def tell(self, request: Request, submission_id: str) -> Response:
        """Answers with `received` while it waits, then with the answer; 404 for another's."""
        token = await self._gate.admit(request)
        found = await run_in_threadpool(self._states.find, token.feeds, submission_id)
        if found is None:
            told = "None of your feeds has a submission of that id."
            raise SaidNo(404, "no_submission", told)
        if _MARKDOWN not in request.headers.get("accept", ""):
            return _as_json(found)
        if found["status"] == RECEIVED:
            page = f"# {found['submission_id']}\n\nReceived, and not checked yet. Ask again.\n"
        else:
            page = await run_in_threadpool(page_of, found, await self._feeds.registry())
        return Response(page, media_type=f"{_MARKDOWN}; charset=utf-8")

    async def list(
        self, request: Request, limit: Annotated[int, Query(ge=1, le=_MOST_LISTED)] = 50
    ) -> Response:
        """Answers with the last submissions of the token's feeds, whichever way they came."""
        token = await self._gate.admit(request)
        found = await run_in_threadpool(self._states.list, token.feeds, limit)
        return _as_json({"submissions": found})

    async def _judge(
        self, request: Request, token: PushToken, asked: str | None
    ) -> tuple[Feed, str]:
        """The feed and the name of what is posted; raises `SaidNo` before a byte of it is read."""
        feed_id, name = asked_feed(token, asked), name_of(request)
        if feed_id not in token.feeds:
            await self._gate.refuse(request, token, Why.OTHER_FEED, feed_id, name)
            told = f"Your token is for {', '.join(token.feeds)} and for no other feed."
            raise SaidNo(403, "other_feed", told)
        encoding_of(request)
        if not name:
            told = "The file has no name. Send it as the header X-File-Name."
            raise SaidNo(400, "no_name", told)
        if why := why_hostile(name) or _why_unseen(name):
            await self._gate.refuse(request, token, Why.HOSTILE_NAME, feed_id, name)
            raise SaidNo(400, "hostile_name", f"No file of that name is taken: {why}.")
        feed = feed_that_takes(await self._feeds.registry(), feed_id)
        if not feed.matches(name):
            await self._gate.refuse(request, token, Why.WRONG_NAME, feed_id, name)
            told = f"Files of {feed_id} are named like {name_expected(feed)}. Correct the name."
            raise SaidNo(422, "other_name", told)
        return feed, name

    async def _land(self, delivery: Delivery) -> Manifest:
        try:
            return await asyncio.wait_for(self._line.land(delivery), _LANDING_SECONDS)
        except DiskFault as error:
            _log.error("a post could not be landed: %s", error)
            told = "Our disk takes no more, and the file was not taken. Send it again later."
            raise try_again("disk", told, _DISK_SECONDS) from None
        except Exception as error:
            _log.exception("a post could not be landed")
            told = "Something of ours failed, and it is not sure that the file was taken. Send it "
            raise try_again("our_fault", f"{told}again.", _DISK_SECONDS) from error


def _why_unseen(name: str) -> str:
    """A name of which nothing can be seen, or that steers a terminal, is no provider's."""
    return "" if name.isprintable() else "it has signs in it that cannot be seen"


def _as_json(
    content: dict[str, Any], status: int = 200, headers: dict[str, str] | None = None
) -> Response:
    text = json_text(msgspec.json.encode(content).decode())
    return Response(text, status, headers, media_type="application/json")
