"""What was decided of a submission."""

from dataclasses import dataclass, field
from typing import Any

from pipelines.findings.status import Status


@dataclass(slots=True)
class Verdict:
    """What was decided of a submission: read = accepted + quarantined + skipped."""

    status: Status
    rows_read: int = 0
    rows_accepted: int = 0
    rows_quarantined: int = 0
    values_rejected: int = 0
    """Values of accepted rows that were rejected by themselves."""
    skipped_by: dict[str, int] = field(default_factory=dict)
    """Rule of the format → rows that it skipped."""
    sheets: list[dict[str, Any]] = field(default_factory=list)
    contract_version: str | None = None
    is_final: bool = True
    """Whether the same bytes would be judged alike at any time."""
    versions: str | None = None
    """Financial years of the versions of the contract that its rows follow; None where these do
    not differ."""
