"""Tells what two contracts say differently, and what the feeds' recent submissions would become."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from pipelines.base.errors import UsageError
from pipelines.cli.console import progress, say, say_json, say_table

if TYPE_CHECKING:
    from pipelines.contract_diff.contract_differences import Difference
    from pipelines.contract_diff.feeds_tried import ByContract, FeedTried

_DEFAULT_SUBMISSIONS = 3


def compare(a: str, b: str, submissions: int | None, days: int | None, as_json: bool) -> int:
    """Both sides are compared and told; 1 where B takes less than A, else 0.

    Raises `UsageError` where the two sides have no collection in common.
    """
    from pipelines.base.settings import settings
    from pipelines.contract_diff.contract_differences import differences
    from pipelines.contract_diff.contract_sides import read_side
    from pipelines.contract_diff.feeds_tried import Recent, try_feeds
    from pipelines.registry.registry import load_registry

    registry = load_registry()
    before, after = read_side(a, registry), read_side(b, registry)
    both = [name for name in before if name in after]
    only = sorted(before.keys() ^ after.keys())
    if not both:
        raise UsageError(
            f"A and B have no collection in common: {', '.join(before)} and {', '.join(after)}."
        )
    if submissions is None and days is None:
        submissions = _DEFAULT_SUBMISSIONS
    chosen = Recent(submissions, days)
    told: list[dict[str, Any]] = []
    is_worse = any(name in before for name in only)
    with progress("Comparing") as line:
        for name in both:
            found = differences(before[name], after[name])
            feeds: list[FeedTried] = []
            if submissions != 0 and found:
                home = settings().root
                feeds = try_feeds(home, registry, before[name], after[name], chosen, line.update)
            is_worse |= any(one.is_breaking for one in found) or any(f.is_broken for f in feeds)
            told.append({"collection": name, "differences": found, "feeds": feeds})
    if as_json:
        say_json([_as_json(one) for one in told] + [_only(name, before, after) for name in only])
        return int(is_worse)
    for one in told:
        _tell(one["collection"], one["differences"], one["feeds"])
    for name in only:
        say(f"{name} is in {'A' if name in before else 'B'} only.")
    return int(is_worse)


def _tell(name: str, found: "list[Difference]", feeds: "list[FeedTried]") -> None:
    if not found:
        say(f"{name}: nothing differs for those who send.")
        return
    breaking = sum(one.is_breaking for one in found)
    noun = "difference" if len(found) == 1 else "differences"
    say(f"{name}: {len(found)} {noun} for those who send, {breaking} of them breaking.")
    for one in found:
        since = f" From {one.since} on." if one.since else ""
        say(f"  {'BREAKING' if one.is_breaking else 'ok      '}  {one.told}{since}")
    if not feeds:
        return
    say("")
    tried = sum(one.submissions for one in feeds)
    noun = "submission" if tried == 1 else "submissions"
    say(f"{tried:,} recent {noun} of {len(feeds)} feeds, by A → by B; nothing was kept:")
    rows = [_row(one) for one in feeds]
    names = ("feed", "files", "files rejected", "rows accepted", "rows kept out", "values left out")
    say_table((*names, "result"), rows)
    for feed in feeds:
        _tell_feed(feed)


def _row(one: "FeedTried") -> tuple[Any, ...]:
    old, new = one.before, one.after
    result = "would break" if one.is_broken else "as before" if _alike(one) else "other remarks"
    if not one.submissions and new.mistake is None:
        result = "nothing to try"
    pairs = [
        f"{getattr(old, name):,} → {getattr(new, name):,}"
        for name in ("rejected", "rows_accepted", "rows_kept_out", "values_rejected")
    ]
    return (one.feed_id, one.submissions, *pairs, result)


def _alike(one: "FeedTried") -> bool:
    return one.before == one.after


def _tell_feed(feed: "FeedTried") -> None:
    """What is new for one feed, in lines of its own."""
    if feed.after.mistake is not None:
        say(f"{feed.feed_id}: its feed file does not fit B, and its files would wait:")
        say(f"  {feed.after.mistake}")
    if feed.before.mistake is not None:
        say(f"{feed.feed_id}: its feed file does not fit A: {feed.before.mistake}")
    if feed.not_kept:
        say(f"{feed.feed_id}: of {feed.not_kept:,} submissions the bytes are not kept any more.")
    for code, seen in feed.new_codes.items():
        is_new = code not in feed.before.codes
        times = "once" if seen.count == 1 else f"{seen.count:,} times"
        told = f"is new, {times}" if is_new else f"comes more often, {times} more"
        say(f"{feed.feed_id}: {code} ({seen.severity}) {told}; the first: {seen.example}")


def _as_json(one: dict[str, Any]) -> dict[str, Any]:
    return {
        "collection": one["collection"],
        "differences": [asdict(found) for found in one["differences"]],
        "feeds": [
            {
                "feed": feed.feed_id,
                "submissions": feed.submissions,
                "not_kept": feed.not_kept,
                "would_break": feed.is_broken,
                "before": _outcome(feed.before),
                "after": _outcome(feed.after),
                "new_codes": {code: asdict(seen) for code, seen in feed.new_codes.items()},
            }
            for feed in one["feeds"]
        ],
    }


def _outcome(outcome: "ByContract") -> dict[str, Any]:
    told = asdict(outcome)
    told["codes"] = {code: seen.count for code, seen in outcome.codes.items()}
    return told


def _only(name: str, before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    return {"collection": name, "only_in": "A" if name in before else "B"}
