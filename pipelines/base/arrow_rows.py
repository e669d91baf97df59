"""Rows of Python values as Arrow tables."""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa


def table_of(rows: Sequence[Sequence[Any]], schema: pa.Schema) -> pa.Table:
    """The rows as a table of that schema, whose columns are in the order of their values."""
    columns = list(zip(*rows, strict=True)) or [()] * len(schema)
    arrays = [pa.array(values, field.type) for values, field in zip(columns, schema, strict=True)]
    return pa.Table.from_arrays(arrays, schema=schema)
