"""The row that a contract gives as an example, for pages and templates."""

from typing import Annotated

from pydantic import Field, StrictFloat, StrictInt, StrictStr

ExampleValues = Annotated[
    dict[str, StrictInt | StrictFloat | StrictStr],
    Field(
        description="A row that is accepted without a remark, for pages and templates: column → "
        "value. The slot is left out, as an example is always of a recent one. A wrong one keeps "
        "no file waiting: `sitrep check` tells it."
    ),
]
"""Column → value, without the column of the slot."""
