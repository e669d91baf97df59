"""Values that are rejected by themselves: their rows are loaded as if they had not been sent."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.conform.typed_columns import carried_columns
from pipelines.parse.rows import ParsedRows
from pipelines.registry.carried_words import place_of
from pipelines.registry.contract import Collection
from pipelines.validate.costs import ValueCodes

RowMask = npt.NDArray[np.bool_]
"""True for some rows of a batch."""


@dataclass(frozen=True, slots=True)
class QuarantinedValue:
    """One cell that is kept out while its row is loaded, and the codes of why."""

    number: int
    row: int
    parsed: ParsedRows
    column_name: str
    codes: tuple[str, ...]


class RejectedValues(ValueCodes):
    """The rejected values of a batch's table."""

    def take_out(self, table: pa.Table, collection: Collection) -> pa.Table:
        """The rows without these values, which count as not carried: what is held stays."""
        bits = {column.name: bit for bit, column in enumerate(collection.measures)}
        words = [table[name].to_numpy().copy() for name in carried_columns(collection)]
        for name, own in self.codes.items():
            ids = np.fromiter(own, dtype=np.int64, count=len(own))
            at_fault = np.zeros(table.num_rows, dtype=np.bool_)
            at_fault[ids] = True
            at = table.schema.get_field_index(name)
            kept = pc.if_else(pa.array(at_fault), pa.scalar(None, table[name].type), table[name])
            table = table.set_column(at, table.schema.field(at), kept)
            word, value = place_of(bits[name])
            words[word][ids] &= ~np.int64(value)
        for word_column, carried in zip(carried_columns(collection), words, strict=True):
            at = table.schema.get_field_index(word_column)
            table = table.set_column(at, table.schema.field(at), pa.array(carried))
        return table

    def count_by(self, numbers: npt.NDArray[np.int32], is_loaded: RowMask) -> dict[int, int]:
        """How many values of each submission are rejected in rows that are loaded.

        `numbers` has the submission of each row; those without such values are left out.
        """
        ids = [row_id for own in self.codes.values() for row_id in own if is_loaded[row_id]]
        own_numbers, counts = np.unique(numbers[ids], return_counts=True)
        return dict(zip(own_numbers.tolist(), counts.tolist(), strict=True))

    def in_rows(self, is_loaded: RowMask) -> Iterator[tuple[int, str, tuple[str, ...]]]:
        """Row id, column and codes of each rejected value of the loaded rows, row by row."""
        cells = [
            (row_id, name, tuple(codes))
            for name, own in self.codes.items()
            for row_id, codes in own.items()
            if is_loaded[row_id]
        ]
        yield from sorted(cells)


def carried_rows(
    table: pa.Table, collection: Collection, column_name: str, row_ids: npt.NDArray[np.int64]
) -> list[int]:
    """Those of the rows whose file has a cell of that measure."""
    bit = [column.name for column in collection.measures].index(column_name)
    word, value = place_of(bit)
    carried = table[carried_columns(collection)[word]].to_numpy()[row_ids]
    return row_ids[carried & value != 0].tolist()  # type: ignore[no-any-return]
