"""Who asks: the token of a request, looked up in the home's file as it now stands."""

import asyncio
import logging
from datetime import date
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from pipelines.base.clock import now
from pipelines.base.errors import SitrepError
from pipelines.base.outgoing import one_line
from pipelines.base.secrets import remember
from pipelines.landing.told_names import as_told
from pipelines.push.push_rates import PushRates
from pipelines.push.push_settings import PushSettings
from pipelines.push.said_no import SaidNo, try_again
from pipelines.serving.callers import client_behind, is_within, line_of_address, peer_of
from pipelines.tokens.push_token import PushToken, TokenState, id_in
from pipelines.tokens.refusals import RefusedPost, Why, note_refusal
from pipelines.tokens.token_file import find_token, note_used, read_tokens, tokens_path

_MOST_CHARACTERS = 120
_NO_TOKENS_BYTES = len("[]")
_OUR_FAULT_SECONDS = 60
_ASK = "Ask the control room for a token, and send it as `Authorization: Bearer <token>`."
_CHALLENGE = {"www-authenticate": 'Bearer realm="submissions"'}
_log = logging.getLogger("sitrep.push")


class PushGate:
    """Knows the tokens, counts requests, and writes down what is refused."""

    def __init__(self, home: Path, told: PushSettings) -> None:
        self._home = home
        self._told = told
        self._rates = PushRates(told)
        self._tokens: tuple[PushToken, ...] = ()
        self._stamp: tuple[int, int, int] | None = None
        self._used: dict[str, date] = {}
        self._keeping: set[asyncio.Task[None]] = set()

    def count_anybody(self, request: Request) -> None:
        """A request that needs no token is counted; raises `SaidNo`."""
        self._refuse_strangers(request)
        self._rates.count_address("open", self.address_of(request))

    async def admit(self, request: Request) -> PushToken:
        """The token of the request, which is usable; raises `SaidNo` (401, 429) without one."""
        self._refuse_strangers(request)
        shown = request.headers.getlist("authorization")
        word, _, token = shown[0].partition(" ") if len(shown) == 1 else ("", "", "")
        token = token.strip()
        is_shown = word.lower() == "bearer" and bool(token)
        found = find_token(self._known(), id_in(token), token) if is_shown else None
        state = found.state(now()) if found else None
        if found is None or state is not TokenState.USABLE:
            raise await self._no_token(request, found, state, is_shown=is_shown)
        # A provider may write it into a name; it is masked wherever names go.
        remember(token)
        self._rates.count_token(found.token_id)
        self._note_used(found)
        return found

    async def refuse(
        self, request: Request, token: PushToken | None, why: Why, feed: str = "", name: str = ""
    ) -> None:
        """The refusal is written down, as far as the disk takes it."""
        refusal = RefusedPost(
            at=now(),
            why=why,
            address=self.address_of(request),
            token_id=token.token_id if token else "",
            feed=_told(feed),
            name=_told(name),
        )
        _log.warning(
            "refused (%s): token '%s', feed '%s', file '%s', from %s",
            *(refusal.why, refusal.token_id, refusal.feed, refusal.name, refusal.address),
        )
        try:
            await run_in_threadpool(note_refusal, self._home, refusal)
        except (OSError, SitrepError) as error:
            _log.error("a refusal could not be written down: %s", error)

    def address_of(self, request: Request) -> str:
        """From where the request comes."""
        return line_of_address(client_behind(request.scope, self._told.proxy_addresses))

    def _refuse_strangers(self, request: Request) -> None:
        proxies = self._told.proxy_addresses
        if self._told.is_plain_for_others and not is_within(peer_of(request.scope), proxies):
            raise SaidNo(403, "not_the_proxy", "This endpoint is reached through its proxy only.")

    async def _no_token(
        self, request: Request, found: PushToken | None, state: TokenState | None, *, is_shown: bool
    ) -> SaidNo:
        address = self.address_of(request)
        self._rates.count_address("without", address)
        if not is_shown:
            return SaidNo(401, "no_token", f"The request has no token. {_ASK}", _CHALLENGE)
        token_id = found.token_id if found else ""
        if self._rates.is_to_write_down(address, token_id):
            await self.refuse(request, found, Why.NO_TOKEN)
        if found is None:
            return SaidNo(401, "unknown_token", f"The token is not known. {_ASK}", _CHALLENGE)
        how = "was revoked" if state is TokenState.REVOKED else f"ended on {found.until:%Y-%m-%d}"
        told = f"The token {token_id} {how}. {_ASK}"
        return SaidNo(401, "token_not_usable", told, _CHALLENGE)

    def _known(self) -> tuple[PushToken, ...]:
        """The tokens; the file is read again when it has changed.

        Raises `SaidNo` (503) where it is there and cannot be read just now.
        """
        path = tokens_path(self._home)
        try:
            state = path.stat()
            stamp = (state.st_mtime_ns, state.st_size, state.st_ino)
            if stamp != self._stamp:
                self._tokens = read_tokens(self._home)
                self._stamp = stamp if self._tokens else None
            is_unread = not self._tokens and state.st_size > _NO_TOKENS_BYTES and path.exists()
        except FileNotFoundError:
            return ()
        except OSError as error:
            _log.error("%s cannot be read: %s", path, error)
            is_unread = True
        if is_unread:
            told = "Something of ours failed, and nothing was taken. Send the same again later."
            raise try_again("our_fault", told, _OUR_FAULT_SECONDS)
        return self._tokens

    def _note_used(self, token: PushToken) -> None:
        """The day of the token's last use is kept: written once a day, and in nobody's way."""
        today = now().date()
        if self._used.get(token.token_id) != today:
            self._used[token.token_id] = today
            task = asyncio.create_task(self._keep_day(token.token_id, today))
            self._keeping.add(task)
            task.add_done_callback(self._keeping.discard)

    async def _keep_day(self, token_id: str, day: date) -> None:
        try:
            await asyncio.to_thread(note_used, self._home, token_id, day)
        except (OSError, SitrepError) as error:
            _log.warning("the day of a token's use could not be kept: %s", error)


def _told(text: str) -> str:
    """What a stranger wrote, as it may stand in a file of ours."""
    return one_line(as_told(text), _MOST_CHARACTERS)
