"""Puts headers of safety on every response of a server."""

from collections.abc import Mapping

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class SafeHeaders:
    """An app whose responses all have these headers, unless they state one themselves."""

    def __init__(self, app: ASGIApp, headers: Mapping[str, str]) -> None:
        self._app = app
        self._headers = [(name.encode(), told.encode()) for name, told in headers.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers as the app does."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = list(message.get("headers", []))
                names = {name.lower() for name, _ in given}
                # A response that says one of them itself is of another kind than the others.
                own = [(name, told) for name, told in self._headers if name not in names]
                message["headers"] = [*given, *own]
            await send(message)

        await self._app(scope, receive, with_headers)
