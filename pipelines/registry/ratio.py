"""A figure that follows from two measures, such as the share of beds that are occupied."""

from typing import Literal

from pydantic import Field

from pipelines.base.yamlfile import Strict, Words

Better = Literal["low", "high"]


class Ratio(Strict):
    """One measure over another; that of several organisations follows from their sums.

    Only rows that have both count, so that numerator and denominator are of the same organisations.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    description: Words
    unit: Words = Field(description="'%', or that of the numerator for a mean, such as 'seconds'.")
    numerator: str = Field(description="A measure.")
    weight: str | None = Field(
        default=None,
        description="The numerator is a mean over what this measure counts, and is multiplied by "
        "it before means are added up.",
    )
    denominator: str = Field(description="A measure.")
    better: Better | None = Field(default=None, description="Which way is better, if either is.")

    @property
    def measures(self) -> tuple[str, ...]:
        """The measures that it needs."""
        return tuple(filter(None, (self.numerator, self.weight, self.denominator)))

    @property
    def factor(self) -> int:
        """What a share of one is in its unit."""
        return 100 if self.unit == "%" else 1
