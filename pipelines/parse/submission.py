"""One delivery on its way from landing to the ledger."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from re import search
from typing import TYPE_CHECKING

from pipelines.base.clock import LONDON
from pipelines.findings.capped_findings import CappedFindings
from pipelines.findings.finding import Finding
from pipelines.findings.verdict import Verdict
from pipelines.landing.landing import Manifest
from pipelines.registry.feed import Feed
from pipelines.registry.severity import Severity

if TYPE_CHECKING:
    from pipelines.parse.rows import ParsedRows


@dataclass(slots=True)
class Submission:
    """A landed delivery that is read and judged.

    `parsed` has its rows from parsing to validating; it is None where it could not be read, and
    again once `verdict` says what was decided.
    """

    manifest: Manifest
    feed: Feed | None
    number: int
    """Its place in its batch, from 0."""
    reprocess_of: str | None = None
    """The submission that it is read again for."""
    parsed: "ParsedRows | None" = None
    findings: list[Finding] = field(default_factory=CappedFindings)
    totals: list[tuple[date, str, float]] = field(default_factory=list)
    is_repeated: bool = False
    """Whether another delivery of its batch brings the same bytes before it."""
    verdict: Verdict | None = None
    damage: str | None = None
    """Why its landed bytes cannot be used, which is our fault: it is not judged and waits."""
    said_at: datetime = field(init=False)
    """When its sender made the file, as far as its name tells, and never after it came."""

    def __post_init__(self) -> None:
        self.said_at = _said_at(self.manifest, self.feed)

    @property
    def is_refused(self) -> bool:
        """Whether something costs the whole submission."""
        return any(found.severity is Severity.REJECT_SUBMISSION for found in self.findings)

    def refuse(self, *told: Finding) -> None:
        """Drops all that was read; these findings are all that is told of it."""
        self.parsed, self.totals = None, []
        self.findings = CappedFindings(told)

    def __len__(self) -> int:
        return len(self.parsed) if self.parsed is not None else 0


def _said_at(manifest: Manifest, feed: Feed | None) -> datetime:
    stated = None
    if feed is not None and (form := feed.file_time) is not None:
        found = search(form.pattern, manifest.file_name)
        # The group may be one that need not be there: `(_[0-9]{8})?`.
        told = found.group(1) if found else None
        stated = _time(told, form.format, form.zone) if told else None
    return manifest.received_at if stated is None else min(stated, manifest.received_at)


def _time(text: str, form: str, zone: str) -> datetime | None:
    try:
        # Ten times as fast, for the form that the project's own feeds have.
        is_iso = form == "%Y%m%dT%H%M%S"
        stated = datetime.fromisoformat(text) if is_iso else datetime.strptime(text, form)
    except ValueError:
        return None
    return stated.replace(tzinfo=UTC if zone == "UTC" else LONDON).astimezone(UTC)
