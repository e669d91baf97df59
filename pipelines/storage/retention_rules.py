"""How long each class of data is kept: `retention.yaml` here, or a file of your own."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from pydantic import Field, model_validator

from pipelines.base.settings import settings
from pipelines.base.yamlfile import Strict, read_model


class RetentionRule(Strict):
    """How long one class is kept."""

    what: str = Field(min_length=1, description="What the class is.")
    days: int | None = Field(ge=1, description="Days that it is kept; null: for ever.")
    source: str = Field(min_length=1, description="Law, schedule or reason behind the number.")

    def cutoff(self, moment: datetime) -> datetime | None:
        """What is older is deleted; None where nothing is."""
        return None if self.days is None else moment - timedelta(days=self.days)


_FOR_EVER = RetentionRule(
    what="A class that the file does not name.", days=None, source="Nobody has set a time."
)
"""Of classes that came later: a file from before goes on."""


class RetentionRules(Strict):
    """The rule for each class."""

    raw_bytes: RetentionRule
    landing_notes: RetentionRule
    answers: RetentionRule
    quarantine: RetentionRule
    ledger_lines: RetentionRule
    superseded_revisions: RetentionRule
    watch_findings: RetentionRule
    publications: RetentionRule
    briefs: RetentionRule = _FOR_EVER
    letters: RetentionRule = _FOR_EVER
    replaced_warehouses: RetentionRule

    @model_validator(mode="after")
    def _check_order(self) -> "RetentionRules":
        """Notes outlive the files that they describe; late files find what they are compared to."""
        notes, files = self.landing_notes.days, self.raw_bytes.days
        if notes is not None and (files is None or notes < files):
            raise ValueError("landing_notes: they cannot be deleted before raw_bytes")
        revisions = self.superseded_revisions.days
        if revisions is not None and revisions < _LEAST_DAYS_OF_REVISIONS:
            raise ValueError(
                f"superseded_revisions: late files are compared with them; keep them for at least "
                f"{_LEAST_DAYS_OF_REVISIONS} days"
            )
        return self

    def each(self) -> Iterator[tuple[str, RetentionRule]]:
        """Class → its rule."""
        for name in type(self).model_fields:
            yield name, getattr(self, name)


_LEAST_DAYS_OF_REVISIONS = 90
"""Far more than the days for which any feed takes amendments."""


def read_rules() -> RetentionRules:
    """The rules in force; raises `ConfigurationError` that names file and line."""
    own = settings().retention_file
    return read_model(own or Path(__file__).with_name("retention.yaml"), RetentionRules)
