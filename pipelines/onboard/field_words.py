"""The words of the field, as `field_words.yaml` beside this module lists them."""

from functools import lru_cache
from pathlib import Path

from pydantic import Field

from pipelines.base.yamlfile import Strict, read_model


class ColumnWords(Strict):
    """What the headings of one column are known by."""

    known: tuple[str, ...] = Field(default=(), description="Headings that mean the column.")
    may: tuple[str, ...] = Field(default=(), description="Words that change nothing there.")


class CollectionWords(Strict):
    """The words of one collection."""

    fillers: tuple[str, ...] = ()
    words: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    columns: dict[str, ColumnWords] = Field(default_factory=dict)


class FieldWords(Strict):
    """All of them."""

    empty_words: tuple[str, ...]
    fillers: tuple[str, ...]
    group_titles: tuple[str, ...]
    missing_texts: tuple[str, ...]
    level_words: tuple[str, ...]
    count_words: tuple[str, ...]
    total_words: tuple[str, ...]
    whole_words: tuple[str, ...]
    words: dict[str, tuple[str, ...]]
    collections: dict[str, CollectionWords]
    ignored: tuple[str, ...]

    def of(self, collection: str) -> CollectionWords:
        """The words of that collection; none for one that the list does not name."""
        return self.collections.get(collection, CollectionWords())


@lru_cache(maxsize=1)
def field_words() -> FieldWords:
    """The list; raises `ConfigurationError` with file and line where it is broken."""
    return read_model(Path(__file__).with_suffix(".yaml"), FieldWords)
