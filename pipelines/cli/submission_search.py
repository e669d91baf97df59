"""Finds submissions in the ledger by what a person knows of them."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from pipelines.base.clock import parse_instant
from pipelines.base.errors import UsageError
from pipelines.base.likely import did_you_mean
from pipelines.findings.status import Status

if TYPE_CHECKING:
    import duckdb

_SIGNS_OF_A_PATTERN = "*?["


@dataclass(frozen=True)
class Wanted:
    """Which submissions are listed: all that meet every condition that is given."""

    feed_id: str | None = None
    status: str | None = None
    file: str | None = None
    since: datetime | None = None

    @property
    def is_everything(self) -> bool:
        """Whether nothing is asked for."""
        return self == Wanted()

    def condition(self) -> str:
        """The SQL condition on `ops.submission`."""
        from warehouse.store import literals
        from warehouse.store.stored_time import as_stored

        parts = ["TRUE"]
        if self.feed_id is not None:
            parts.append(f"feed_id = {literals.text(self.feed_id)}")
        if self.status is not None:
            parts.append(f"status = {literals.text(self.status)}")
        if self.file is not None:
            parts.append(_named(self.file))
        if self.since is not None:
            parts.append(f"received_at >= {literals.timestamp(as_stored(self.since))}")
        return " AND ".join(parts)


def wanted(feed: str | None, status: str | None, file: str | None, since: str | None) -> Wanted:
    """What is asked for; raises `UsageError` for a feed, status or time that cannot be."""
    if feed is not None:
        _check_feed(feed)
    statuses = [one.value for one in Status]
    if status is not None and status not in statuses:
        raise UsageError(
            f"'{status}' is not a status.{did_you_mean(status, statuses)} "
            f"Choose one of: {', '.join(statuses)}."
        )
    return Wanted(feed, status, file, parse_instant(since) if since else None)


def known_as(connection: "duckdb.DuckDBPyConnection", text: str) -> list[str]:
    """The ids of the submissions that go by that text, newest first.

    It may be an id or its beginning, the beginning of the SHA-256 of the bytes, or a file name. Of
    those that only repeat bytes of another one that is found, none is given.
    """
    from warehouse.store import literals

    told = literals.text(text)
    for condition in (
        f"submission_id = {told}",
        f"starts_with(submission_id, {told}) OR starts_with(sha256, lower({told}))",
        f"lower(file_name) = lower({told})",
        _named(text),
    ):
        rows = connection.execute(
            "SELECT submission_id, duplicate_of FROM warehouse.ops.submission "
            f"WHERE {condition} ORDER BY received_at DESC, submission_id"
        ).fetchall()
        found = {submission_id for submission_id, _ in rows}
        if found:
            return [one for one, original in rows if original not in found]
    return []


def _named(text: str) -> str:
    """The SQL condition that a file's name has the text in it, or fits it as a pattern."""
    from warehouse.store import literals

    if any(sign in text for sign in _SIGNS_OF_A_PATTERN):
        return f"lower(file_name) GLOB {literals.text(text.casefold())}"
    return f"contains(lower(file_name), {literals.text(text.casefold())})"


def _check_feed(feed_id: str) -> None:
    """Raises `UsageError` for a feed that neither is nor was."""
    from pipelines.landing.landing import UNMATCHED
    from pipelines.registry.registry import load_registry

    registry = load_registry()
    if feed_id != UNMATCHED and not registry.problems_of(feed_id):
        registry.feed(feed_id)
