"""The tokens of a home: `push/tokens.json`, and the day on which each was used last.

    push/tokens.json   the tokens, hashed; the commands write it, the server only reads it
    push/used.json     token's id → the day of its last use; the server writes it once a day each

A file that is damaged is set aside and told: then no token is usable until new ones are made, or
the file comes back from a backup.
"""

import hmac
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import date, datetime, timedelta
from pathlib import Path

import msgspec

from pipelines.base.clock import now
from pipelines.base.errors import Retryable, UsageError
from pipelines.base.locks import held_lock
from pipelines.base.state.documents import make_way_for, read_document, write_document
from pipelines.tokens.push_token import (
    PushToken,
    TokenState,
    a_year_after,
    hash_of_token,
    new_secret,
)

_KEPT_AFTER_ITS_END = timedelta(days=400)
"""Who looks back for a year still finds whose token it was."""
_LOCK_SECONDS = 10.0
_THEN = (
    "No token that stood there is usable. Bring the file back from a backup, or make new tokens "
    "with `sitrep tokens new` and give them to the providers."
)
_NOBODY = "0" * 64

_decode = msgspec.json.Decoder(tuple[PushToken, ...]).decode
_decode_used = msgspec.json.Decoder(dict[str, date]).decode


class TokensBusy(Retryable):
    """Another process changes the tokens just now."""


def tokens_path(home: Path) -> Path:
    """Where the tokens stand."""
    return home / "push" / "tokens.json"


def read_tokens(home: Path) -> tuple[PushToken, ...]:
    """The tokens of the home, the oldest first; none where there is no usable file."""
    return read_document(home, tokens_path(home), _decode, (), _THEN)


def find_token(tokens: Sequence[PushToken], token_id: str | None, token: str) -> PushToken | None:
    """The token that somebody has shown, in whatever state it is; None where it is not ours."""
    known = next((one for one in tokens if one.token_id == token_id), None)
    # As much is compared for an id that is not known.
    is_same = hmac.compare_digest(known.sha256 if known else _NOBODY, hash_of_token(token))
    return known if is_same else None


def make_token(
    home: Path, feeds: Sequence[str], until: datetime | None = None, note: str = ""
) -> tuple[PushToken, str]:
    """A new token for the feeds, durable, and what the provider gets of it.

    It ends after a year unless `until` says otherwise. Raises `UsageError` where that is past.
    """
    moment = now()
    token_id, token = new_secret()
    ends = until or a_year_after(moment)
    if ends <= moment:
        raise UsageError(f"--until {ends:%Y-%m-%d} is past: the token would open nothing.")
    wanted = tuple(dict.fromkeys(feeds))
    made = PushToken(token_id, hash_of_token(token), wanted, moment, ends, note)
    _change(home, lambda tokens: [*tokens, made])
    return made, token


def rotate_token(home: Path, token_id: str, overlap: timedelta) -> tuple[PushToken, str]:
    """A new token in place of one, which ends when the overlap does; durable in one write.

    Raises `UsageError` where there is no usable token of that id.
    """
    moment = now()
    new_id, token = new_secret()
    made: list[PushToken] = []

    def replace(tokens: Sequence[PushToken]) -> list[PushToken]:
        old = _named(tokens, token_id)
        if old.state(moment) is not TokenState.USABLE:
            raise UsageError(
                f"The token {token_id} is {old.state(moment)}. Make another with `sitrep tokens "
                f"new {' '.join(old.feeds)}`."
            )
        ends = a_year_after(moment)
        made.append(PushToken(new_id, hash_of_token(token), old.feeds, moment, ends, old.note))
        ending = msgspec.structs.replace(
            old, until=min(old.until, moment + overlap), replaced_by=new_id
        )
        return [ending if one is old else one for one in tokens] + made

    _change(home, replace)
    return made[0], token


def revoke_token(home: Path, token_id: str) -> PushToken:
    """The token opens nothing from now on; raises `UsageError` where there is none of that id."""
    moment = now()

    def revoke(tokens: Sequence[PushToken]) -> list[PushToken]:
        old = _named(tokens, token_id)
        gone = old if old.revoked_at else msgspec.structs.replace(old, revoked_at=moment)
        return [gone if one is old else one for one in tokens]

    return _named(_change(home, revoke), token_id)


def last_used(home: Path) -> dict[str, date]:
    """Token's id → the day (UTC) on which it was used last."""
    return read_document(home, _used_path(home), _decode_used, {}, "Days are noted anew.")


def note_used(home: Path, token_id: str, day: date) -> None:
    """The token was used on that day."""
    with _lock(home):
        used = last_used(home)
        if used.get(token_id) != day:
            used[token_id] = day
            known = {one.token_id for one in read_tokens(home)}
            kept = {one: on for one, on in used.items() if one in known}
            write_document(home, _used_path(home), msgspec.json.encode(kept))


def _change(
    home: Path, change: Callable[[Sequence[PushToken]], Sequence[PushToken]]
) -> Sequence[PushToken]:
    """The tokens after the change, durable; those that ended long ago are gone."""
    with _lock(home):
        path, oldest = tokens_path(home), now() - _KEPT_AFTER_ITS_END
        before = read_tokens(home)
        if not before and path.is_file() and path.read_bytes().strip() != b"[]":
            # It could not be read just now, and is not to be replaced by less.
            raise TokensBusy(f"{path} cannot be read just now. Try again.")
        tokens = [one for one in change(before) if one.until > oldest]
        make_way_for(home, path, "Tokens are in a new file of that name.")
        write_document(home, path, msgspec.json.format(msgspec.json.encode(tokens), indent=1))
    return tokens


def _named(tokens: Sequence[PushToken], token_id: str) -> PushToken:
    for one in tokens:
        if one.token_id == token_id:
            return one
    known = ", ".join(one.token_id for one in tokens) or "none"
    raise UsageError(f"There is no token '{token_id}'. Known ids: {known}.")


def _used_path(home: Path) -> Path:
    return home / "push" / "used.json"


def _lock(home: Path) -> AbstractContextManager[None]:
    return held_lock(home, "push-tokens", TokensBusy, "The file of tokens", _LOCK_SECONDS)
