"""What was seen of a file on the way through it, and what could not be seen."""

from collections.abc import Iterator

from pipelines.base.nhs_numbers import count_nhs_numbers, is_number_of_patients
from pipelines.base.settings import settings

LARGEST_MACROS_BYTES = 8 * 1024 * 1024
"""Bytes of all source of macros, which is unpacked sign by sign."""

MOST_TEXTS = 50_000
"""Records whose text could have a number: such a text is looked at sign by sign."""

MOST_RECORDS = 1_000_000
"""Records of all binary sheets; an .xls workbook of 4 million cells has fewer."""

DEEPEST = 4
"""Files within files within files; a workbook in a letter in a workbook has three."""


class Looked:
    """How many numbers were seen, and why something could not be looked at."""

    def __init__(self) -> None:
        self.count = 0
        self.hidden: list[str] = []
        self.left_bytes = settings().most_unpacked_bytes
        self.left_macros_bytes = LARGEST_MACROS_BYTES
        self.left_records = MOST_RECORDS
        self.left_texts = MOST_TEXTS

    def see(self, text: str, ends: str = "") -> None:
        """Counts the numbers in a text, in which the signs of `ends` end a cell."""
        self.count += count_nhs_numbers(text, ends)

    def see_numbers(self, numbers: Iterator[float]) -> None:
        """Counts those that are numbers of patients."""
        self.count += sum(map(is_number_of_patients, numbers))

    def cannot_see(self, why: str) -> None:
        """Notes that something could not be looked at; the reason never quotes the file."""
        if why not in self.hidden:
            self.hidden.append(why)

    def spend(self, size_bytes: int) -> bool:
        """Whether so many more unpacked bytes may be looked at; notes it where they may not."""
        self.left_bytes -= size_bytes
        if self.left_bytes < 0:
            most = settings().most_unpacked_bytes
            self.cannot_see(f"it unpacks to more than {most:,} bytes")
            return False
        return True
