"""Which feed a post is for, and whether files are taken for it now."""

import asyncio
import time

from starlette.concurrency import run_in_threadpool

from pipelines.collect.sources.push import PushSource
from pipelines.push.said_no import SaidNo, try_again
from pipelines.registry.feed import Feed, Stage
from pipelines.registry.registry import Registry, load_registry
from pipelines.tokens.push_token import PushToken

_KEPT_SECONDS = 2.0
_BROKEN_SECONDS = 300
_ASK = "Ask the control room"


class KnownFeeds:
    """The registry as it stood a moment ago; its files are not looked at for each request."""

    def __init__(self) -> None:
        self._registry: Registry | None = None
        self._read_at = 0.0
        self._reading = asyncio.Lock()

    async def registry(self) -> Registry:
        """The registry, no older than two seconds."""
        # One thread at a time: kinds of sources are imported by the first.
        async with self._reading:
            if self._registry is None or time.monotonic() - self._read_at > _KEPT_SECONDS:
                self._registry = await run_in_threadpool(load_registry)
                self._read_at = time.monotonic()
        return self._registry


def asked_feed(token: PushToken, asked: str | None) -> str:
    """The feed that is meant: the one that is named, or the token's only one.

    Raises `SaidNo` (400) where it has several and none is named. Whether the token may send for it
    is not asked here.
    """
    if asked is not None:
        return asked
    if len(token.feeds) == 1:
        return token.feeds[0]
    told = f"The token is for several feeds. Name one: ?feed={token.feeds[0]}"
    raise SaidNo(400, "which_feed", told)


def feed_that_takes(registry: Registry, feed_id: str) -> Feed:
    """The feed, which takes posted files now; raises `SaidNo` (409, 503) where it does not."""
    feed = registry.feeds.get(feed_id)
    if feed is None:
        if registry.problems_of(feed_id) or registry.is_broken(feed_id):
            told = (
                f"Our set-up of the feed {feed_id} is being mended, and nothing was taken. Send "
                "the same file again later; nothing is wrong with it."
            )
            raise try_again("feed_being_mended", told, _BROKEN_SECONDS)
        told = f"There is no feed {feed_id} any more, and nothing was taken. {_ASK} what to do."
        raise SaidNo(409, "no_feed", told)
    if not feed.accepts_files:
        how = "suspended" if feed.stage is Stage.SUSPENDED else "retired"
        told = f"The feed {feed_id} is {how}: no file is taken for it. {_ASK} before you send more."
        raise SaidNo(409, f"feed_{how}", told)
    if not isinstance(feed.source, PushSource):
        told = (
            f"The feed {feed_id} is not delivered by push but by {feed.source.kind}, and nothing "
            f"was taken. Send it that way, or ask the control room to change the feed."
        )
        raise SaidNo(409, "other_way", told)
    return feed


def name_expected(feed: Feed) -> str:
    """In words, which names the feed's files have."""
    return " or ".join(f"'{one}'" for one in feed.source.name_patterns)
