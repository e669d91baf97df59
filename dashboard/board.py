"""What the dashboard shows first, its words and its standards, from `board.yaml`."""

from datetime import date
from functools import cache
from pathlib import Path

from pydantic import model_validator

from pipelines.base.yamlfile import Strict, Words, read_model

_FILE = Path(__file__).with_name("board.yaml")


class Standard(Strict):
    """What a figure is held against, and the text that says so."""

    measure: Words
    at_least: float | None = None
    at_most: float | None = None
    source: Words

    @model_validator(mode="after")
    def _has_one_side(self) -> "Standard":
        if (self.at_least is None) == (self.at_most is None):
            raise ValueError("needs either at_least or at_most")
        return self

    def is_met(self, value: float) -> bool:
        """Whether the value is on the right side."""
        if self.at_least is not None:
            return value >= self.at_least
        return self.at_most is not None and value <= self.at_most


class BoardCollection(Strict):
    """How a collection is called, and its measures that are shown first."""

    title: Words
    headline: tuple[str, ...] = ()


class Board(Strict):
    """The file."""

    version: date
    words: dict[str, str]
    health: dict[str, str]
    collections: dict[str, BoardCollection]
    standards: tuple[Standard, ...]

    def title(self, collection: str) -> str:
        """The collection in people's words."""
        told = self.collections.get(collection)
        return told.title if told else self.label(collection)

    def label(self, measure: str) -> str:
        """A measure's name in words: `ga_bed_occupancy` is 'G&A bed occupancy'."""
        words = [self.words.get(word, word) for word in measure.split("_")]
        told = " ".join(words)
        return told[:1].upper() + told[1:]

    def health_told(self, health: str) -> str:
        """A feed's health in words."""
        return self.health.get(health, health)

    def headline(self, collection: str) -> tuple[str, ...]:
        """The measures to show first, in their order."""
        told = self.collections.get(collection)
        return told.headline if told else ()

    def standard(self, collection: str, measure: str) -> Standard | None:
        """What the measure is held against, if anything."""
        name = f"{collection}.{measure}"
        return next((one for one in self.standards if one.measure == name), None)


@cache
def board() -> Board:
    """The board's configuration; raises `ConfigurationError` with file and line."""
    return read_model(_FILE, Board)
