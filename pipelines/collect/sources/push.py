"""The kind `push`: providers post their files to our endpoint, each with a token of its own."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final, Literal, Self

from pydantic import Field, field_validator

from pipelines.base.clock import now
from pipelines.base.connections import NAME_PATTERN
from pipelines.collect.checks import SourceCheck, Step
from pipelines.collect.file_store import Fetched, FileStore, Listed, Unread
from pipelines.registry.feed import Feed
from pipelines.registry.registry import Registry, load_registry
from pipelines.registry.source import sources

HERE: Final = "push://here"
"""The endpoint of every feed that is posted."""


@sources.register
class PushSource(FileStore):
    """Our own endpoint, where providers post files; there is nothing to collect."""

    kind: Literal["push"]
    endpoint: Literal["push://here"] = HERE
    pattern: str = Field(description="File name pattern, matched without regard to case.")
    sender_connection: str | None = Field(
        default=None,
        pattern=NAME_PATTERN,
        description="Only for simulations: the connection with the address and the token that "
        "files are posted with.",
    )

    @field_validator("answers")
    @classmethod
    def _are_asked_for(cls, answers: str | None) -> str | None:
        if answers is not None:
            raise ValueError("providers ask the endpoint for their answers; remove it")
        return answers

    @classmethod
    def at(cls, endpoint: str) -> Self | None:
        """The endpoint; None where that is another kind's."""
        return cls(kind="push", pattern="*") if endpoint == HERE else None

    def collect(
        self, home: Path, feeds: Sequence[Feed], registry: Registry, since: datetime | None
    ) -> int:
        """0: what is posted has landed at once."""
        return 0

    def list(self, home: Path) -> Sequence[Listed]:
        """Nothing: no file waits at the endpoint."""
        return ()

    def read(self, home: Path, files: Iterable[Listed]) -> Iterator[Fetched | Unread]:
        """Nothing, as nothing is listed."""
        return iter(())

    def done(self, home: Path, file: Listed) -> None:
        """Nothing is left to do."""

    def hold(self, home: Path, file: Fetched, taken_by: Sequence[str]) -> None:
        """Nothing is left to do."""

    def kept(self, home: Path) -> Sequence[Listed]:
        """Nothing: no copy stays beside landing."""
        return ()

    def drop(self, home: Path, file: Listed) -> None:
        """Nothing is left to do."""

    def put(self, home: Path, name: str, content: bytes, sent_at: datetime | None = None) -> None:
        """The file has landed for each feed that is posted and expects it, received now.

        With a `sender_connection` it is posted; raises `SourceUnavailable` where it is not taken.
        """
        from pipelines.landing.landing import UNMATCHED, Delivery, Landing

        expecting = [one for one in load_registry().feeds_at(HERE) if one.matches(name)]
        feed_ids = [one.feed_id for one in expecting] or [UNMATCHED]
        if self.sender_connection is not None:
            from pipelines.collect.posting import post

            for feed_id in feed_ids:
                post(self.sender_connection, feed_id, name, content)
            return
        came_as = f"{HERE}/{name}"
        Landing(home).land_all([Delivery(content, name, one, came_as) for one in feed_ids])

    @property
    def sent_again(self) -> str:
        """It is posted once more, as the first time."""
        return (
            f"Post it again to the endpoint that takes this feed, with a name like {self.pattern}"
        )

    def put_answers(self, home: Path, files: Mapping[str, bytes]) -> Mapping[str, str]:
        """Nothing is given back: providers ask the endpoint for their answers."""
        return {}

    def check(self, home: Path) -> Iterator[SourceCheck]:
        """Each feed with this source has a token that can be used."""
        from pipelines.tokens.push_token import TokenState
        from pipelines.tokens.token_file import last_used, read_tokens

        tokens, used, moment = read_tokens(home), last_used(home), now()
        for feed in load_registry().feeds.values():
            if feed.source != self:
                continue
            own = [one for one in tokens if feed.feed_id in one.feeds]
            usable = [one for one in own if one.state(moment) is TokenState.USABLE]
            if not usable:
                had = f" ({len(own)} ended or were revoked)" if own else ""
                told = (
                    f"{feed.feed_id} has no usable token{had}: make one with "
                    f"`sitrep tokens new {feed.feed_id}` and give it to the provider"
                )
                yield SourceCheck(Step.SIGN_IN, False, told)
                return
            last = max(usable, key=lambda one: one.until)
            on = used.get(last.token_id)
            told = (
                f"{feed.feed_id}: token {last.token_id} until {last.until:%Y-%m-%d}, "
                f"{f'last used {on}' if on else 'not used yet'}"
            )
            yield SourceCheck(Step.SIGN_IN, True, told)
