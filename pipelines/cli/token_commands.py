"""Commands about the tokens that providers post with: tokens new, list, rotate, revoke."""

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipelines.base.errors import UsageError
from pipelines.cli.console import say, say_error, say_json, say_table
from pipelines.cli.load_commands import Json

if TYPE_CHECKING:
    from datetime import datetime

    from pipelines.tokens.push_token import PushToken

_ABOUT = "The tokens that providers post submissions with."
_OVERLAP = re.compile(r"(\d{1,3})([dh])")

TokenId = Annotated[str, typer.Argument(help="Id of the token, as `sitrep tokens list` has it.")]


def register(app: typer.Typer) -> None:
    """The commands of this module belong to the application."""
    group = typer.Typer(name="tokens", help=_ABOUT, no_args_is_help=True, rich_markup_mode=None)
    group.callback()(_tokens)
    group.command("new")(new_token)
    group.command("list")(list_tokens)
    group.command("rotate")(rotate)
    group.command("revoke")(revoke)
    app.add_typer(group)


def _tokens() -> None:
    """The tokens that providers post submissions with."""


def new_token(
    feeds: Annotated[list[str], typer.Argument(help="Ids of the feeds that it may send for.")],
    until: Annotated[
        str | None, typer.Option(help="Last day (London) of its use; default: a year from now.")
    ] = None,
    note: Annotated[str, typer.Option(help="Whose it is, for the list.")] = "",
    as_json: Json = False,
) -> int:
    """Make a token for feeds, and show it this once: only its hash is kept."""
    from pipelines.base.settings import settings
    from pipelines.registry.registry import load_registry
    from pipelines.tokens.token_file import make_token

    registry = load_registry()
    named = [registry.feed(feed_id) for feed_id in feeds]
    end = _end_of_day(until) if until else None
    made, token = make_token(settings().root, [one.feed_id for one in named], end, note)
    for feed in named:
        if feed.source.kind != "push":
            say_error(
                f"{feed.feed_id} is delivered by {feed.source.kind}: nothing can be posted for it "
                "until its file says `kind: push`."
            )
    return _show(made, token, as_json)


def list_tokens(as_json: Json = False) -> int:
    """List the tokens: their feeds, until when, last used; never the tokens themselves."""
    from pipelines.base.clock import now
    from pipelines.base.settings import settings
    from pipelines.tokens.token_file import last_used, read_tokens

    home, moment = settings().root, now()
    used = last_used(home)
    rows: list[dict[str, Any]] = [
        {
            "token_id": one.token_id,
            "state": str(one.state(moment)),
            "feeds": " ".join(one.feeds),
            "created": f"{one.created_at:%Y-%m-%d}",
            "until": f"{one.until:%Y-%m-%d %H:%MZ}",
            "last_used": str(used.get(one.token_id) or ""),
            "replaced_by": one.replaced_by or "",
            "note": one.note,
        }
        for one in read_tokens(home)
    ]
    if as_json:
        say_json(rows)
    elif rows:
        say_table(tuple(rows[0]), [list(row.values()) for row in rows])
    else:
        say("There is no token. Make one with `sitrep tokens new FEED`.")
    return 0


def rotate(
    token_id: TokenId,
    overlap: Annotated[
        str, typer.Option(help="How long the old one goes on being usable, like 7d or 12h.")
    ] = "7d",
    as_json: Json = False,
) -> int:
    """Make a token in place of one, for the same feeds; the old one ends after the overlap."""
    from pipelines.base.settings import settings
    from pipelines.tokens.token_file import rotate_token

    found = _OVERLAP.fullmatch(overlap)
    if found is None:
        raise UsageError(f"--overlap '{overlap}': write days or hours, like 7d or 12h.")
    days_or_hours = int(found[1])
    span = timedelta(days=days_or_hours) if found[2] == "d" else timedelta(hours=days_or_hours)
    made, token = rotate_token(settings().root, token_id, span)
    if not as_json:
        say(f"The token {token_id} goes on being usable for {overlap}.")
    return _show(made, token, as_json)


def revoke(token_id: TokenId) -> int:
    """End a token now; the endpoint refuses it with the next request."""
    from pipelines.base.settings import settings
    from pipelines.tokens.token_file import revoke_token

    revoked = revoke_token(settings().root, token_id)
    say(f"The token {token_id} for {', '.join(revoked.feeds)} is revoked.")
    return 0


def _show(made: "PushToken", token: str, as_json: bool) -> int:
    if as_json:
        until = made.until.isoformat()
        told = {"token": token, "token_id": made.token_id, "feeds": made.feeds, "until": until}
        say_json(told)
        return 0
    say(f"Token {made.token_id} for {', '.join(made.feeds)}, until {made.until:%Y-%m-%d %H:%MZ}.")
    say("It is shown this once. Give it to the provider by a safe way, and to nobody else:")
    say(token)
    return 0


def _end_of_day(told: str) -> "datetime":
    """The end of that day in London; raises `UsageError` where it is no day."""
    from datetime import date

    from pipelines.base.clock import parse_instant

    try:
        day = date.fromisoformat(told)
    except ValueError as error:
        raise UsageError(f"--until '{told}': write a day, like 2027-11-30.") from error
    return parse_instant(f"{day + timedelta(days=1)}T00:00")
