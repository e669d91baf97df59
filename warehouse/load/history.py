"""The history of one collection, as a batch of rows sees it while it is merged."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.registry.carried_words import place_of, word_name, words_for
from pipelines.registry.contract import Collection
from warehouse.store.sql import render

if TYPE_CHECKING:
    import duckdb

_FOLDER = Path(__file__).parent


class History:
    """The revisions between the first and the last slot of the rows in `incoming`.

    Its attributes are the names and conditions that the SQL of this folder is filled in with.
    """

    def __init__(
        self,
        connection: "duckdb.DuckDBPyConnection",
        collection: Collection,
        bits: Mapping[str, int],
        between: str,
    ) -> None:
        self.execute = connection.execute
        self.table = f"warehouse.history.{collection.collection}"
        self.bits = bits
        """The bit of each measure in `carried` and `confirmed`."""
        self.word_count = words_for(max(bits.values(), default=0) + 1)
        self.names = (*collection.key, "stage")
        self.key = ", ".join(self.names)
        """What two rows have to share for one to replace the other."""
        self.measures = ", ".join(bits)
        self.columns = ", ".join(column.name for column in collection.columns)
        time = collection.time_column
        self.order = ", ".join((time, *(name for name in collection.key if name != time)))
        self.in_range = f"h.{time} BETWEEN {between}"

    def words(self, name: str, of: str = "") -> list[str]:
        """The columns of bits of that name, of the table `of` where it is named."""
        return [f"{of}{word_name(name, word)}" for word in range(self.word_count)]

    def listed(self, name: str, of: str = "") -> str:
        """The columns of bits of that name, for a SELECT."""
        return ", ".join(self.words(name, of))

    def has(self, name: str, bit: int) -> str:
        """SQL that is true where the bit is set in the columns of that name."""
        word, value = place_of(bit)
        return f"{word_name(name, word)} & {value} != 0"

    def run(self, name: str, **words: object) -> None:
        """Runs `<name>.sql` of this folder for this history."""
        self.execute(render(_FOLDER, name, history=self, **words))

    def same(self, one: str, other: str) -> str:
        """SQL that is true for rows of the same key and stage."""
        return " AND ".join(f"{one}.{name} = {other}.{name}" for name in self.names)

    def find_held(self, source: str = "incoming") -> bool:
        """`held` has every revision of the keys in `source`; whether there is any."""
        self.run("held", source=source)
        return self.is_any("FROM held")

    def is_any(self, source: str) -> bool:
        """Whether a query, from its FROM on, gives any row."""
        return bool(self.execute(f"SELECT 1 {source} LIMIT 1").fetchall())

    def insert_changed(self, moment: datetime) -> None:
        """What is new or revised in `compared` is recorded at that moment."""
        self.run("insert_changed", moment=moment)
