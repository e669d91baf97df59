"""A finding: one line of an answer."""

from dataclasses import dataclass

from pipelines.base.nhs_numbers import mask_nhs_numbers
from pipelines.base.secrets import masked
from pipelines.base.whole_text import whole
from pipelines.findings.finding_kinds import KINDS
from pipelines.registry.severity import Severity

_MOST_SIGNS = 1000
"""Signs of a cell that a finding repeats: a published note under a table has up to 500."""


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a file; rows and columns are counted from 1."""

    sheet: str | None = None
    row: int | None = None
    column: int | None = None

    @property
    def column_letter(self) -> str | None:
        """The column as a spreadsheet names it, for instance `AB`."""
        return None if self.column is None else _column_letter(self.column)


@dataclass(frozen=True, slots=True)
class Finding:
    """One remark about a submission."""

    code: str
    severity: Severity
    message: str
    fix: str
    place: Place = Place()
    column_name: str | None = None
    value: str | None = None
    org_code: str | None = None
    slot: str | None = None
    more: int = 0
    """How many more of this kind there are that are not told one by one."""


def shortened(text: str) -> str:
    """The text as it can be told: whole characters, and not longer than a paragraph."""
    return whole(text if len(text) <= _MOST_SIGNS else f"{text[:_MOST_SIGNS]}…")


def finding(
    code: str,
    *,
    place: Place = Place(),
    value: str | None = None,
    column_name: str | None = None,
    org_code: str | None = None,
    slot: str | None = None,
    expected: str | None = None,
    **words: object,
) -> Finding:
    """The finding of that kind, its message filled in from the arguments.

    What looks like a number of a patient is made unreadable in them. `expected` is what the file
    should have had there, as the middle of a sentence.
    """
    kind = KINDS[code]
    # Masked first: of a number that is cut off the rest would be seen.
    value, org_code, slot = (
        told if told is None else shortened(masked(mask_nhs_numbers(told)))
        for told in (value, org_code, slot)
    )
    words = {"expected": expected or "", **words}
    words = {
        name: masked(mask_nhs_numbers(word)) if isinstance(word, str) else word
        for name, word in words.items()
    }
    message = kind.message.format(value=value, column=column_name, **words)
    return Finding(
        code, kind.severity, message, kind.fix, place, column_name, value, org_code, slot
    )


def _column_letter(number: int) -> str:
    """The spreadsheet's name of the column with that number, counted from 1.

    XlsxWriter names columns too, but importing it costs each process 20 ms.
    """
    letters = ""
    while number > 0:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
