"""Submissions for another's feed: a token was used for a feed that it may not send for.

The endpoint of push refuses it at once, so that no submission and no other monitor tells it. It is
a mistake in the provider's set-up, or somebody tries what a token opens.
"""

from collections.abc import Iterable
from itertools import groupby

from pipelines.registry.feed import collection_named_in
from pipelines.registry.registry import Registry
from pipelines.tokens.refusals import RefusedPost, Why, read_refusals
from pipelines.watch.monitor import TOLD_FOR, AcrossCollections
from pipelines.watch.scene import Scene
from pipelines.watch.watch_finding import WatchFinding, WatchKind, watch_finding

OTHER_FEED = WatchKind(
    "WATCH-028",
    "Submissions for another's feed were refused",
    urgency=16,
    fix=(
        "Ask whoever has the token (`sitrep tokens list`) what they meant to send. If it is theirs "
        "to send, make a token for that feed too; if they do not know of it, revoke the token."
    ),
    no_help="Waiting: nothing of it was taken, and none of it will be.",
    end_is_news=False,
)
_MOST_NAMED = 20
"""Pairs of token and feed; more of them have one cause."""


def find_refused_feeds(refusals: Iterable[RefusedPost], registry: Registry) -> list[WatchFinding]:
    """A finding for each token and each feed that it was refused for."""

    def pair(one: RefusedPost) -> tuple[str, str]:
        return one.token_id, one.feed

    own = sorted((one for one in refusals if one.why is Why.OTHER_FEED), key=pair)
    findings = []
    for (token_id, feed_id), alike in groupby(own, key=pair):
        times = sorted(one.at for one in alike)
        is_known = feed_id in registry.feeds
        findings.append(
            watch_finding(
                OTHER_FEED,
                collection_named_in(feed_id) if is_known else "push",
                feed_id if is_known else None,
                f"{token_id} {feed_id}",
                times[0],
                f"The token {token_id} was used for '{feed_id}', which it may not send for "
                f"({len(times):,} times). Nothing of it was taken.",
            )
        )
    return findings[:_MOST_NAMED]


def _look(scene: Scene) -> list[WatchFinding]:
    since = scene.moment - TOLD_FOR
    return find_refused_feeds(read_refusals(scene.home, since), scene.registry)


MONITOR = AcrossCollections((OTHER_FEED,), _look)
