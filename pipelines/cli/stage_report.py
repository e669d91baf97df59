"""How the command line tells a scorecard, and a change of stage."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pipelines.cli.console import say, say_table

if TYPE_CHECKING:
    from pipelines.registry.stage_journal import StageChange
    from pipelines.stage_moves import StageMove
    from warehouse.marts.shadow.criteria import Scorecard


def tell_card(card: "Scorecard") -> None:
    """The scorecard: each criterion, and what can be done."""
    begun = f"slots are expected from {card.slots_from} on" if card.slots_from else "no slots yet"
    say(f"{card.feed_id} is {card.stage}; {begun}.")
    if card.looked_at is not None:
        say(f"Looked at: the slots of {card.looked_at}.")
    say_table(
        ("criterion", "verdict", "found"),
        [(one.name, one.verdict, one.told) for one in card.criteria],
    )
    if not card.has_criteria:
        say(_without_criteria(card.collection))
    elif not card.lacking:
        say("All criteria are met.")
    if card.stage == "onboarding":
        say(f"`sitrep feeds promote {card.feed_id}` moves it to testing, where slots are expected.")
    elif card.slots_from is None and card.stage in ("testing", "live"):
        say(
            "No slot is expected of it, so there is no evidence of its time. "
            f"`sitrep feeds expect {card.feed_id} DAY` states the first day of slots."
        )


def tell_lacking(answered: "StageMove") -> None:
    """Why a feed stays where it is."""
    card = answered.card
    assert card is not None
    tell_card(card)
    if card.has_criteria:
        names = ", ".join(one.name for one in card.lacking)
        say(f"{card.feed_id} stays testing. Not met: {names}.")
    else:
        say(f"{card.feed_id} stays testing.")
    say("Wait until they are met, or go live nevertheless: --force --reason 'why'.")


def _without_criteria(collection: str) -> str:
    return (
        f"The contract of {collection} states no criteria. Write them under `promotion:` in "
        f"expectations/{collection}.yaml."
    )


def tell_change(answered: "StageMove", *, force: bool) -> None:
    """What was changed, what follows, and where it is recorded."""
    from pipelines.stage_moves import home_of_stages

    change, feed = answered.change, answered.feed
    assert change is not None
    if change.is_of_stage:
        say(f"{feed.feed_id} was {change.from_stage} and is {change.to_stage} now, by {change.by}.")
    else:
        say(f"{feed.feed_id} stays {change.to_stage}.")
    if change.forced:
        names = ", ".join(one.name for one in answered.card.lacking) if answered.card else ""
        say(f"Forced, although not all criteria are met{': ' + names if names else ''}.")
    elif force:
        say("All criteria are met, so --force was not needed; it is not recorded as forced.")
    if change.slots_from is not None:
        say(f"Every slot is expected from {change.slots_from} (London) on.")
    if answered.rows_moved:
        way = "came into" if change.to_stage == "live" else "left"
        say(f"{answered.rows_moved:,} rows {way} the national tables. England's figures follow.")
    for line in _next_steps(change) if change.is_of_stage else ():
        say(line)
    say(
        f"Recorded in {home_of_stages()}. The feed file says {change.file_stage}; what is recorded "
        "counts until somebody edits its stage or slots_from."
    )


def _next_steps(change: "StageChange") -> Sequence[str]:
    """What happens now, and what whoever changed the stage may do next."""
    told = {
        "testing": (
            "Its values stand in the schema testing, apart from England's figures.",
            f"`sitrep feeds scorecard {change.feed_id}` shows what is met; `sitrep feeds promote "
            f"{change.feed_id}` goes live on it.",
        ),
        "live": ("The next publication has its values in the national tables.",),
        "suspended": (
            "No file is taken for it. Its earlier values stay.",
            f"`sitrep feeds resume {change.feed_id} --reason …` takes it up again.",
        ),
        "retired": ("No file is taken for it any more. Its earlier values stay.",),
    }
    return told.get(change.to_stage, ())
