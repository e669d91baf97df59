"""Commands that show how far a feed is, and move it: scorecard, promote, demote, suspend, …"""

import getpass
from dataclasses import asdict
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipelines.base.errors import UsageError
from pipelines.cli.console import say, say_json, say_table
from pipelines.cli.load_commands import Json
from pipelines.cli.stage_report import tell_card, tell_change, tell_lacking

if TYPE_CHECKING:
    from pipelines.registry.stage_journal import StageChange
    from pipelines.stage_moves import StageMove

FeedId = Annotated[str, typer.Argument(metavar="FEED", help="A feed, as `sitrep feeds` lists it.")]
By = Annotated[str | None, typer.Option(help="Who changes it. Default: the user of this machine.")]
Why = Annotated[str, typer.Option("--reason", help="Why; it is recorded and published.")]
FirstDay = Annotated[
    str | None,
    typer.Option(
        "--slots-from",
        help="First London day on which every slot is expected, like 2026-11-01. Default: today, "
        "or tomorrow where a feed of quarter-hours only begins.",
    ),
]


def register(group: typer.Typer) -> None:
    """The commands of this module belong to the group."""
    for command in (scorecard, expect, promote, demote, suspend, resume, retire, history):
        group.command()(command)


def scorecard(feed: FeedId, as_json: Json = False) -> int:
    """Show what came for a feed's newest expected slots, against the criteria for going live.

    Exit code 1 where a criterion is not met.
    """
    from pipelines.stage_moves import scorecard_of

    card = scorecard_of(feed)
    if as_json:
        say_json(asdict(card))
    else:
        tell_card(card)
    return 1 if card.lacking or not card.has_criteria else 0


def expect(
    feed: FeedId,
    slots_from: Annotated[
        str,
        typer.Argument(metavar="DAY", help="First London day of slots, like 2026-11-01."),
    ],
    reason: Why = "",
    by: By = None,
    as_json: Json = False,
) -> int:
    """Expect every slot of a feed that is testing or live from that London day on."""
    return _move("expect", feed, reason, by, slots_from, as_json)


def promote(
    feed: FeedId,
    force: Annotated[
        bool, typer.Option("--force", help="Go live although criteria are not met; needs --reason.")
    ] = False,
    reason: Why = "",
    by: By = None,
    slots_from: FirstDay = None,
    as_json: Json = False,
) -> int:
    """Move a feed one stage up: from onboarding to testing, and from testing to live.

    To live it goes where all criteria of its collection are met. Values of slots from the first
    day on, sent while testing, come into the national tables. Exit code 1 where a criterion is not
    met; nothing is changed then.
    """
    return _move("promote", feed, reason, by, slots_from, as_json, force=force)


def demote(
    feed: FeedId,
    reason: Why = "",
    by: By = None,
    slots_from: FirstDay = None,
    as_json: Json = False,
) -> int:
    """Move a live feed back to testing. Needs --reason.

    Its values of slots from today (London) on leave the national tables; earlier ones stay.
    """
    return _move("demote", feed, reason, by, slots_from, as_json)


def suspend(feed: FeedId, reason: Why = "", by: By = None, as_json: Json = False) -> int:
    """Take no more files for a feed until it is resumed. Needs --reason.

    Its earlier values stay where they are.
    """
    return _move("suspend", feed, reason, by, None, as_json)


def resume(
    feed: FeedId,
    reason: Why = "",
    by: By = None,
    slots_from: FirstDay = None,
    as_json: Json = False,
) -> int:
    """Move a suspended feed to the stage that it had before. Needs --reason."""
    return _move("resume", feed, reason, by, slots_from, as_json)


def retire(feed: FeedId, reason: Why = "", by: By = None, as_json: Json = False) -> int:
    """Take no more files for a feed, for good. Needs --reason.

    Its earlier values stay where they are. A retired feed does not come back.
    """
    return _move("retire", feed, reason, by, None, as_json)


def history(
    feed: Annotated[
        str | None, typer.Argument(metavar="[FEED]", help="Only the changes of this feed.")
    ] = None,
    as_json: Json = False,
) -> int:
    """List the changes of stage: who made each, when and why."""
    from pipelines.stage_moves import stage_history

    changes = stage_history(feed)
    if as_json:
        say_json([_as_row(one) | {"scorecard": one.scorecard} for one in changes])
    elif not changes:
        say(
            "No change of stage is recorded yet. The first publication records the stage of every "
            "feed; later ones, and the commands of this group, record each change."
        )
    else:
        rows = [_as_row(one) for one in changes]
        say_table(list(rows[0]), [list(row.values()) for row in rows])
    return 0


def _move(
    action: str,
    feed: str,
    reason: str,
    by: str | None,
    slots_from: str | None,
    as_json: bool,
    *,
    force: bool = False,
) -> int:
    """The feed is moved, or told why not; exit code 1 where it lacks something."""
    from pipelines.stage_moves import StageAction, StageWish, move_stage

    asked = StageWish(feed, StageAction(action), _who(by), reason, force, _day(slots_from))
    answered = move_stage(asked)
    if as_json:
        _say_as_json(answered)
    elif answered.change is None:
        tell_lacking(answered)
    else:
        tell_change(answered, force=force)
    return 1 if answered.change is None else 0


def _who(by: str | None) -> str:
    """Who changes the stage; raises `UsageError` where the machine does not know its user."""
    if by is not None:
        return by
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        raise UsageError(
            "The user of this machine has no name. Say who changes the stage with --by."
        ) from None


def _day(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise UsageError(f"'{text}' is not a day. Write it like 2026-11-01.") from None


def _say_as_json(answered: "StageMove") -> None:
    change = answered.change
    say_json(
        {
            "changed": change is not None,
            "change": None if change is None else _as_row(change),
            "rows_moved": answered.rows_moved,
            "scorecard": None if answered.card is None else answered.card.as_rows(),
        }
    )


def _as_row(change: "StageChange") -> dict[str, Any]:
    return {
        "feed_id": change.feed_id,
        "changed_at": f"{change.at:%Y-%m-%dT%H:%M:%SZ}",
        "from_stage": change.from_stage,
        "to_stage": change.to_stage,
        "slots_from": None if change.slots_from is None else change.slots_from.isoformat(),
        "by": change.by,
        "reason": change.reason,
        "forced": "yes" if change.forced else "no",
    }
