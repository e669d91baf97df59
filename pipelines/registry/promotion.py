"""What a feed in testing has to show before it goes live, as its contract states it."""

from pydantic import Field, model_validator

from pipelines.base.yamlfile import Strict, Words, wrong_at


class Reference(Strict):
    """Another source of the same figures: of the same organisation and London day.

    Slots are summed up to days. Only values of live feeds count, and never the feed's own.
    """

    collection: Words = Field(description="The collection that has the figures too, or its own.")
    measures: dict[str, Words] = Field(
        min_length=1, description="Measure of this collection → the same measure of that one."
    )
    within_pct: float = Field(
        default=0, ge=0, le=100, description="How far a day's figure may be from that one, in %."
    )
    within: float = Field(
        default=0,
        ge=0,
        description="How far it may be in the measure's unit, where that is more: of three, one "
        "is a third.",
    )


class Promotion(Strict):
    """The criteria of a collection: all have to be met."""

    slots: int = Field(
        gt=0, le=2000, description="How many of the newest expected slots are looked at."
    )
    least_on_time_pct: float = Field(ge=0, le=100)
    least_accepted_rows_pct: float = Field(ge=0, le=100)
    codes_excluded: tuple[Words, ...] = Field(
        default=(), description="Codes of findings that no file of this time may have."
    )
    least_agreement_pct: float = Field(
        default=95,
        ge=0,
        le=100,
        description="How many of the figures that a reference has too must agree with it, in %.",
    )
    references: tuple[Reference, ...] = ()

    @model_validator(mode="after")
    def _names_each_once(self) -> "Promotion":
        codes = self.codes_excluded
        if repeated := sorted({one for one in codes if codes.count(one) > 1}):
            raise wrong_at(("codes_excluded",), f"names a code twice: {', '.join(repeated)}")
        return self
