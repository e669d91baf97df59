"""When a collection is expected, as its contract states it."""

from datetime import time
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator, model_validator

from pipelines.base.yamlfile import Strict
from pipelines.registry.cron import why_no_cron

DAY_MINUTES = 1440
MOST_MINUTES = 31 * DAY_MINUTES
"""Longest wait after a slot that a contract or a feed may state: a month."""
MOST_DAYS = 36_600
"""Longest time that a contract or a feed may look back: a century, so that dates can hold it."""


class Cadence(Strict):
    """When a collection is expected."""

    cron: str
    time_zone: str
    slot_minutes: int = Field(gt=0, description="Length of one slot; 1440 is a London day.")
    due: time | None = Field(
        default=None, description="Local time on the day after the slot by which its data is due."
    )
    due_minutes: int | None = Field(
        default=None,
        ge=0,
        le=MOST_MINUTES,
        description="Minutes after a slot's end by which its data is due.",
    )
    grace_minutes: int = Field(ge=0, le=MOST_MINUTES)

    @field_validator("cron")
    @classmethod
    def _is_cron(cls, cron: str) -> str:
        if reason := why_no_cron(cron):
            raise ValueError(reason)
        return cron

    @field_validator("time_zone")
    @classmethod
    def _is_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (LookupError, ValueError, OSError):
            raise ValueError(
                f"there is no time zone '{name}'; write one like Europe/London"
            ) from None
        return name

    @model_validator(mode="after")
    def _is_due_once(self) -> "Cadence":
        if (self.due is None) == (self.due_minutes is None):
            raise ValueError("give either due (a time of day) or due_minutes (after the slot)")
        if self.slot_minutes != DAY_MINUTES and 60 % self.slot_minutes:
            raise ValueError("slot_minutes is 1440 (a London day) or divides an hour")
        return self

    @property
    def is_daily(self) -> bool:
        """Whether a slot is a London day."""
        return self.slot_minutes == DAY_MINUTES
