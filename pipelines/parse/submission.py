"""One delivery on its way from landing to the ledger."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING

from pipelines.findings.capped_findings import CappedFindings
from pipelines.findings.finding import Finding
from pipelines.findings.verdict import Verdict
from pipelines.landing.landing import Manifest
from pipelines.parse.files.file_times import need_not_tell, time_in_name
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

    lacks_file_time: bool = field(init=False, default=False)
    """Whether its feed's names tell when a file was made, and this one's does not."""

    def __post_init__(self) -> None:
        self.said_at = received_at = self.manifest.received_at
        if self.feed is None or (form := self.feed.file_time) is None:
            return
        name = self.manifest.file_name
        if (stated := time_in_name(name, form, received_at)) is not None:
            self.said_at = stated
        else:
            self.lacks_file_time = not need_not_tell(name, form)

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
