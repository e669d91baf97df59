"""Which providers a collection will have when all are live."""

from pydantic import Field, model_validator

from pipelines.base.yamlfile import Strict, Words, wrong_at


class Coverage(Strict):
    """The providers that a collection will have when all are live."""

    cohort: tuple[Words, ...] = Field(
        min_length=1,
        description="Codes of the providers that are expected; only they count as covered.",
    )
    of: int | None = Field(
        default=None,
        gt=0,
        le=100_000,
        description="How many there will be, where not all are in the cohort yet.",
    )
    what: Words = Field(description="Plural, for '10 of 11 ambulance services live'.")

    @model_validator(mode="after")
    def _names_each_once(self) -> "Coverage":
        if repeated := sorted({one for one in self.cohort if self.cohort.count(one) > 1}):
            raise wrong_at(("cohort",), f"names a code twice: {', '.join(repeated)}")
        if self.of is not None and self.of < len(self.cohort):
            raise wrong_at(("of",), f"is {self.of}, and the cohort names {len(self.cohort)}")
        return self

    @property
    def members(self) -> int:
        """How many providers there will be."""
        return self.of or len(self.cohort)
