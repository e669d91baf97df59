"""When a collection is expected, as its contract states it."""

from datetime import time
from enum import StrEnum
from typing import Any, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator, model_validator

from pipelines.base.yamlfile import Strict
from pipelines.registry.cron import why_no_cron

DAY_MINUTES = 1440
MONTH_MINUTES = 31 * DAY_MINUTES
"""The longest month; how long one is the calendar says."""
MOST_MINUTES = 31 * DAY_MINUTES
"""Longest wait after a slot that a contract or a feed may state: a month."""
MOST_DAYS = 36_600
"""Longest time that a contract or a feed may look back: a century, so that dates can hold it."""


MOST_DUE_DAYS = 366
"""Longest time in days after a slot by which a contract may expect its data: a year."""


_MINUTES_OF = {"day": DAY_MINUTES, "month": MONTH_MINUTES}


class SlotKind(StrEnum):
    """What a slot is: some minutes, a London day, or a month of London days."""

    MINUTES = "minutes"
    DAY = "day"
    MONTH = "month"


class Cadence(Strict):
    """When a collection is expected."""

    cron: str
    time_zone: str
    slot: Literal["day", "month"] | None = Field(
        default=None, description="What a slot is where it is no number of minutes."
    )
    slot_minutes: int = Field(
        default=0,
        ge=0,
        description="Length of one slot; 1440 is a London day. Not given where slot says it.",
    )
    due: time | None = Field(
        default=None, description="Local time on the day after the slot by which its data is due."
    )
    due_days: int = Field(
        default=1,
        ge=1,
        le=MOST_DUE_DAYS,
        description="Which day after the slot's last day that is, the first unless given.",
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

    @model_validator(mode="before")
    @classmethod
    def _read_slot(cls, content: Any) -> Any:
        """`slot_minutes` is the length of a slot, of a month that of the longest."""
        slot = content.get("slot") if isinstance(content, dict) else None
        if slot not in _MINUTES_OF:
            if isinstance(content, dict) and content.get("slot_minutes") == MONTH_MINUTES:
                raise ValueError("a month is no number of minutes; write slot: month")
            return content
        if content.get("slot_minutes") not in (None, _MINUTES_OF[slot]):
            raise ValueError("give either slot (day or month) or slot_minutes")
        return {**content, "slot_minutes": _MINUTES_OF[slot]}

    @model_validator(mode="after")
    def _is_due_once(self) -> "Cadence":
        if (self.due is None) == (self.due_minutes is None):
            raise ValueError("give either due (a time of day) or due_minutes (after the slot)")
        if "due_days" in self.model_fields_set and self.due is None:
            raise ValueError(
                "due_days belongs to due, the time of day; after a slot of minutes "
                "due_minutes counts"
            )
        if not self.slot_minutes:
            raise ValueError("says no slot: give slot (day or month) or slot_minutes")
        if not self.is_dated and 60 % self.slot_minutes:
            raise ValueError("slot_minutes is 1440 (a London day) or divides an hour")
        return self

    @property
    def kind(self) -> SlotKind:
        """What a slot of it is."""
        if self.slot_minutes == MONTH_MINUTES:
            return SlotKind.MONTH
        return SlotKind.DAY if self.slot_minutes == DAY_MINUTES else SlotKind.MINUTES

    @property
    def is_daily(self) -> bool:
        """Whether a slot is a London day."""
        return self.kind is SlotKind.DAY

    @property
    def is_monthly(self) -> bool:
        """Whether a slot is a month of London days."""
        return self.kind is SlotKind.MONTH

    @property
    def is_dated(self) -> bool:
        """Whether a slot is named by a date, its first day in London, and not by an instant."""
        return self.kind is not SlotKind.MINUTES
