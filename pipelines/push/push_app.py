"""The endpoint of push: a provider posts a file, has its id at once, and asks for the answer."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import Response

from pipelines.push.landing_line import LandingLine
from pipelines.push.posted_bodies import HeldBodies
from pipelines.push.posted_feeds import KnownFeeds
from pipelines.push.push_gate import PushGate
from pipelines.push.push_settings import PushSettings
from pipelines.push.said_no import SaidNo, try_again
from pipelines.push.submission_routes import SubmissionRoutes
from pipelines.push.submission_states import StatesOfHome
from pipelines.serving.safe_headers import SafeHeaders

_HOSTS = ["localhost", "127.0.0.1", "[::1]", "::1"]
_HEADERS = {
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
}
_OUR_FAULT_SECONDS = 60
_ABOUT = (
    "Post a file of one of your feeds with your own token, and ask for its answer. A file has "
    "landed when it is answered with 202. Sending the same file again does no harm."
)


def make_push_app(home: Path, told: PushSettings) -> FastAPI:
    """The application over a home."""
    line = LandingLine(home)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        line.close()

    app = FastAPI(
        title="Submissions of urgent and emergency care feeds",
        description=_ABOUT,
        version="1",
        # The usual page loads its parts from elsewhere; docs/sources.md is the page for people.
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        lifespan=lifespan,
    )
    gate = PushGate(home, told)
    _serve_open(app, gate)
    routes = SubmissionRoutes(
        gate, KnownFeeds(), line, HeldBodies(told), StatesOfHome(home), told.request_seconds
    )
    routes.serve(app)
    _say_no_in_json(app, gate)
    app.add_middleware(SafeHeaders, headers=_HEADERS)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=[*_HOSTS, *told.hosts])
    return app


def _serve_open(app: FastAPI, gate: PushGate) -> None:
    """What needs no token."""

    @app.get("/healthz", summary="Whether the endpoint answers")
    async def health(request: Request) -> JSONResponse:
        gate.count_anybody(request)
        return JSONResponse({"status": "ok"})

    @app.get("/openapi.json", include_in_schema=False)
    async def openapi(request: Request) -> JSONResponse:
        gate.count_anybody(request)
        return JSONResponse(app.openapi())


def _say_no_in_json(app: FastAPI, gate: PushGate) -> None:
    """Whatever is refused has one form, and quotes nothing that was sent."""

    @app.exception_handler(SaidNo)
    async def said_no(_request: Request, error: SaidNo) -> Response:
        return error.response()

    @app.exception_handler(Exception)
    async def our_fault(_request: Request, _error: Exception) -> Response:
        # The log has the trace: it is raised again, and the server ends the connection.
        told = "Something of ours failed. Send the same again later; it does no harm."
        no = try_again("our_fault", told, _OUR_FAULT_SECONDS)
        no.headers["connection"] = "close"
        return no.response()

    @app.exception_handler(RequestValidationError)
    async def not_understood(_request: Request, error: RequestValidationError) -> Response:
        where = ", ".join(str(one["loc"][-1]) for one in error.errors())
        return SaidNo(400, "not_understood", f"This cannot be used: {where}.").response()

    @app.exception_handler(HTTPException)
    async def no_such_page(request: Request, error: HTTPException) -> Response:
        try:
            gate.count_anybody(request)
        except SaidNo as no:
            return no.response()
        told = "There is nothing at this address. /openapi.json tells what there is."
        headers = dict(error.headers or {})
        return SaidNo(error.status_code, "no_such_address", told, headers).response()
