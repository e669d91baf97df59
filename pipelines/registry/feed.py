"""A feed, as `pipelines/feeds/<collection>/<feed>.yaml` states it."""

from datetime import date
from enum import StrEnum
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Annotated, Literal

from pydantic import Field, field_validator

from pipelines.base.yamlfile import Strict, Words
from pipelines.registry.cadence import MOST_DAYS
from pipelines.registry.format import AnyFormat
from pipelines.registry.source import AnySource
from pipelines.registry.written_forms import why_no_pattern, why_no_time_form

MISSING = ("-", "N/A", "#N/A", "#DIV/0!", "#REF!", "#VALUE!", ".", "[z]", "[x]", "NULL", "null")
"""Texts that stand for a missing value in the files of this field, unless a feed says otherwise."""

FIRST_DAY = date(2010, 1, 1)
"""No feed is older: NHS 111 began in that year, the winter reports of trusts later."""


class Stage(StrEnum):
    """How far a feed is in its life."""

    ONBOARDING = "onboarding"
    TESTING = "testing"
    LIVE = "live"
    SUSPENDED = "suspended"
    RETIRED = "retired"


class Provider(Strict):
    """Who sends the feed."""

    code: Words
    name: Words


class NameForm(Strict):
    """Where a time stands in the name of a file, and how it is written there."""

    pattern: str = Field(description="Regular expression whose first group is the time.")
    format: str = Field(description="For instance '%Y%m%dT%H%M%S'.")

    @field_validator("pattern")
    @classmethod
    def _has_one_group(cls, pattern: str) -> str:
        if reason := why_no_pattern(pattern, groups=1):
            raise ValueError(reason)
        return pattern

    @field_validator("format")
    @classmethod
    def _is_time_form(cls, form: str) -> str:
        if reason := why_no_time_form(form):
            raise ValueError(reason)
        return form


class FileTime(NameForm):
    """Where a file's name tells when its sender made it, so that an older file never overrules."""

    zone: Literal["Europe/London", "UTC"] = "UTC"
    others: tuple[NameForm, ...] = Field(
        default=(), description="Further forms, tried in their order in names without the first."
    )
    reissue: str | None = Field(
        default=None,
        description="Regular expression of what the name of a re-issue has, like 'revised': it "
        "counts as made later than a file of the same time without it. Numbers behind it or behind "
        "the time ('-revised-1', '-1') count upwards.",
    )

    @field_validator("reissue")
    @classmethod
    def _is_pattern(cls, pattern: str | None) -> str | None:
        if pattern is not None and (reason := why_no_pattern(pattern)):
            raise ValueError(reason)
        return pattern


class Layout(Strict):
    """A format that several feeds share: `pipelines/feeds/<collection>/layouts/<name>.yaml`."""

    missing: tuple[str, ...] = Field(
        default=MISSING, description="Texts that stand for a missing value."
    )
    format: AnyFormat


class Feed(Strict):
    """One provider's stream into one collection."""

    feed_id: str
    collection: str
    title: Words
    provider: Provider
    stage: Stage
    slots_from: date | None = Field(
        default=None,
        ge=FIRST_DAY,
        description="London day from which on every slot is expected of a feed that is testing or "
        "live; without it, none is.",
    )
    source: AnySource
    file_time: FileTime | None = Field(
        default=None, description="Without it, files count in the order in which they came."
    )
    reports_for: Literal["own", "any"] | tuple[str, ...] = Field(
        default="own",
        description="Codes that it may give values for: its provider's, any, or these.",
    )
    sites: tuple[Words, ...] = Field(
        default=(),
        description="Codes of the sites that it reports for, where a row is a site. Without them "
        "the sites that gave a value in the last four weeks are expected.",
    )
    amendment_days: Annotated[int, Field(ge=0, le=MOST_DAYS)] | Literal["unlimited"] | None = Field(
        default=None, description="In place of the collection's amendment_days."
    )
    missing: tuple[str, ...] = Field(
        default=MISSING, description="Texts that stand for a missing value."
    )
    warn_only: dict[str, Words] = Field(
        default_factory=dict,
        description="Code of a rule that rejects rows → why it only warns on this feed.",
    )
    layout: str | None = Field(
        default=None, description="Name of a file in `layouts` that holds missing and format."
    )
    format: AnyFormat

    @property
    def accepts_files(self) -> bool:
        """Whether files are taken from its source; suspended and retired feeds take none."""
        return self.stage not in (Stage.SUSPENDED, Stage.RETIRED)

    @property
    def expects_slots(self) -> bool:
        """Whether its stage is one in which slots can be expected of it."""
        return self.stage in (Stage.TESTING, Stage.LIVE)

    @cached_property
    def may_report(self) -> frozenset[str] | None:
        """The codes that it may give values for; None where it may for any."""
        if self.reports_for == "any":
            return None
        return frozenset((self.provider.code,) if self.reports_for == "own" else self.reports_for)

    @property
    def covers(self) -> tuple[str, ...]:
        """The codes of those whose values it brings, as far as the file names them."""
        return self.reports_for if isinstance(self.reports_for, tuple) else (self.provider.code,)

    def matches(self, file_name: str) -> bool:
        """Whether a file of that name belongs to this feed."""
        name = file_name.casefold()
        return any(fnmatchcase(name, pattern) for pattern in self._patterns)

    @property
    def pattern(self) -> str:
        """Pattern of the names of its files; empty, as no name is, where its source is asked."""
        return self.source.name_pattern

    @cached_property
    def _patterns(self) -> tuple[str, ...]:
        return tuple(pattern.casefold() for pattern in self.source.name_patterns)


def collection_named_in(feed_id: str) -> str:
    """The collection after which the feed is named, known though its file is gone or broken."""
    return feed_id.partition(".")[0]
