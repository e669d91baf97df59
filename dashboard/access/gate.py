"""The gate in front of all pages: who asks, how often they may, and what they may see.

Only the style sheet, the scripts and a word on health are for anybody.
"""

import logging
import threading
from collections.abc import Callable

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard.access import notices
from dashboard.access.access_settings import SignIn
from dashboard.access.allowed_addresses import may_open
from dashboard.access.exposure import Access
from dashboard.access.narrowed import NarrowedSwitch, NewestKept
from dashboard.access.open_id import SIGN_IN, SIGN_OUT, SIGNED_IN, OpenIdSignIn, sign_in_for
from dashboard.access.rates import Rates
from dashboard.access.signed_session import remembered
from dashboard.access.trusted_proxy import NotTheProxy, client_address, visitor_of
from dashboard.access.visitor import CONTROL_ROOM, Visitor
from dashboard.site import Switch
from pipelines.base.errors import SitrepError
from pipelines.base.outgoing import one_line
from pipelines.serving.callers import line_of_address

_ANYBODY_HERE = Visitor("", frozenset([CONTROL_ROOM]))
_YEAR = 365 * 24 * 3600
_log = logging.getLogger(__name__)

MakeApp = Callable[[Switch], ASGIApp]


def protect(app: FastAPI, access: Access, switch: Switch, make_app: MakeApp) -> None:
    """The app is behind the gate; `make_app` makes the same app over another switch."""
    if access.is_open:
        return
    app.add_middleware(Gate, access=access, switch=switch, make_app=make_app)
    if access.way is SignIn.OPEN_ID:
        app.add_middleware(
            SessionMiddleware,
            secret_key=access.session_secret.get_secret_value(),
            session_cookie="__Host-sitrep" if access.is_https else "sitrep",
            max_age=int(access.told.session_hours * 3600),
            same_site="lax",
            https_only=access.is_https,
        )


class Gate:
    """Lets a request through to the pages of all, to those of a trust, or to none."""

    def __init__(self, app: ASGIApp, access: Access, switch: Switch, make_app: MakeApp) -> None:
        self._app = app
        self._access = access
        self._switch = switch
        self._make_app = make_app
        self._rates = Rates(access.told, access.way)
        self._sign_in = OpenIdSignIn(access) if access.way is SignIn.OPEN_ID else None
        self._narrowed: NewestKept[tuple[NarrowedSwitch, ASGIApp]] = NewestKept()
        self._finding = threading.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers, or lets an app answer."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            going_on = await self._decided(Request(scope, receive))
            await going_on(scope, receive, self._with_headers(scope["path"], send))
        else:
            await send({"type": "websocket.close", "code": 1008})

    async def _decided(self, request: Request) -> ASGIApp:
        """What answers the request: a page of refusal, or an app."""
        path = request.url.path
        if path.startswith("/assets/"):
            return self._app
        try:
            visitor = self._who(request)
        except NotTheProxy as error:
            if path == "/healthz":
                return self._health_for_strangers()
            self._note("a stranger", path, str(error))
            return notices.not_the_proxy()
        if path == "/healthz":
            return self._app if visitor else self._health_for_strangers()
        address = line_of_address(client_address(request.scope, self._access.told))
        # No user is called like an address.
        who = f"user {visitor.user}" if visitor and visitor.user else f"address {address}"
        is_of_sign_in = path in (SIGN_IN, SIGNED_IN, SIGN_OUT)
        wait = self._rates.seconds_to_wait(path, f"address {address}" if is_of_sign_in else who)
        if wait is not None:
            self._note(visitor.user if visitor else "somebody", path, "too many requests")
            return notices.too_many(wait)
        if is_of_sign_in and self._access.way is not SignIn.NOBODY:
            return await self._account(request, visitor)
        return await self._for(visitor, request)

    def _who(self, request: Request) -> Visitor | None:
        if self._access.way is SignIn.NOBODY:
            return _ANYBODY_HERE
        if self._access.way is SignIn.PROXY:
            return visitor_of(request.scope, self._access.told, self._access.roles)
        return remembered(request.scope["session"])

    async def _account(self, request: Request, visitor: Visitor | None) -> ASGIApp:
        if self._sign_in is not None:
            return await self._sign_in.answer(request)
        if visitor is None or request.url.path != SIGN_OUT:
            return notices.sign_in_first(None)
        return notices.account(visitor, is_by_proxy=True)

    async def _for(self, visitor: Visitor | None, request: Request) -> ASGIApp:
        path = request.url.path
        if visitor is None:
            back = sign_in_for(path, request.url.query) if self._sign_in else None
            return notices.sign_in_first(back)
        if visitor.sees_all:
            return self._app
        if not visitor.organisations:
            self._note(visitor.user, path, "no role")
            return notices.no_role(visitor)
        import duckdb

        try:
            own = await run_in_threadpool(self._own_app, visitor, path)
        except (duckdb.Error, SitrepError, OSError):
            _log.exception("the publication cannot be read")
            return notices.unreadable()
        if own is None:
            self._note(visitor.user, path, "not of their role")
            return notices.not_yours(visitor)
        return own

    def _own_app(self, visitor: Visitor, path: str) -> ASGIApp | None:
        """The app over what these organisations may see, None where they may not see that path."""
        organisations = visitor.organisations
        with self._finding:
            kept = self._narrowed.used(organisations)
            if kept is None:
                narrowed = NarrowedSwitch(self._switch, organisations)
                kept = self._narrowed[organisations] = (narrowed, self._make_app(narrowed))
        switch, app = kept
        switch.look()
        if switch.site is None:
            return app
        if not may_open(path, organisations, switch.site):
            return None
        # Made here, in a thread: the app looks it up between the requests of all others.
        series = path.removeprefix("/api/series/")
        switch.site.made.get(path if series == path else f"/data/measure/{series}.json")
        return app

    def _health_for_strangers(self) -> Response:
        is_fine = self._switch.site is not None and not self._switch.fault
        return JSONResponse({"signed_in": False}, 200 if is_fine else 503)

    def _note(self, user: str, path: str, reason: str) -> None:
        _log.warning("refused %s to %s: %s", one_line(path), one_line(user), reason)

    def _with_headers(self, path: str, send: Send) -> Send:
        """Whatever is not for anybody is kept by the reader's own browser only."""
        if self._access.way is SignIn.NOBODY:
            return send

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if self._access.is_https:
                    headers["strict-transport-security"] = f"max-age={_YEAR}"
                if not path.startswith("/assets/"):
                    if "no-store" not in headers.get("cache-control", ""):
                        headers["cache-control"] = "private, no-cache"
                    headers.add_vary_header("cookie")
            await send(message)

        return sent
