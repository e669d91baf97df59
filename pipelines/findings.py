"""A finding: one line of an answer, and the codes that the machinery itself can give.

Rules of a collection have their own codes in its contract; the codes here belong to files,
sheets, headings and cells of any collection.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How much a finding costs: the submission, a row, or nothing."""

    REJECT_SUBMISSION = "reject_submission"
    REJECT_ROW = "reject_row"
    WARN = "warn"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a file something stands; rows and columns are counted from 1."""

    sheet: str | None = None
    row: int | None = None
    column: int | None = None

    @property
    def column_letter(self) -> str | None:
        """The column as a spreadsheet names it, for instance `AB`."""
        return None if self.column is None else column_letter(self.column)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is noteworthy about a submission."""

    code: str
    severity: Severity
    message: str
    fix: str
    place: Place = Place()
    column_name: str | None = None
    value: str | None = None
    org_code: str | None = None
    report_date: str | None = None


@dataclass(frozen=True)
class Kind:
    """A kind of finding that the machinery knows; `message` names what `finding` fills in."""

    code: str
    severity: Severity
    title: str
    message: str
    fix: str


_REJECT, _ROW, _WARN, _INFO = Severity

KINDS: Mapping[str, Kind] = {
    kind.code: kind
    for kind in (
        Kind(
            "FILE-001",
            _REJECT,
            "The file is empty",
            "The file has no bytes.",
            "Send the file again; the transfer may have been cut off.",
        ),
        Kind(
            "FILE-002",
            _REJECT,
            "The file is not a workbook",
            "The file is named {name} but is not an Excel workbook: it begins with {value}.",
            "Save it in Excel as 'Excel Workbook (*.xlsx)'; renaming a file does not convert it.",
        ),
        Kind(
            "FILE-003",
            _REJECT,
            "The workbook is damaged",
            "The workbook cannot be read to its end ({value}); it looks cut off or damaged.",
            "Open it in Excel to check, then send it again whole.",
        ),
        Kind(
            "FILE-004",
            _REJECT,
            "The workbook has a password",
            "The workbook is encrypted with a password, so that nobody can read it here.",
            "Remove the password (File > Info > Protect Workbook) and send it again.",
        ),
        Kind(
            "FILE-005",
            _REJECT,
            "No sheet is known",
            "None of the sheets is one that this feed knows: {value}.",
            "Check that the file belongs to this feed and that its sheets keep their names.",
        ),
        Kind(
            "FILE-006",
            _REJECT,
            "No feed expects this file",
            "No feed expects a file named {value}.",
            "Check the name against the feed's file name pattern, or name the feed (--feed).",
        ),
        Kind(
            "FILE-007",
            _INFO,
            "Nothing for this collection",
            "The workbook has no sheet for this collection; its sheets belong to other feeds.",
            "Nothing to do.",
        ),
        Kind(
            "FILE-008",
            _INFO,
            "Sent before",
            "The same bytes were sent before, as {value}; nothing was changed.",
            "Nothing to do. If you meant to correct something, send the corrected file.",
        ),
        Kind(
            "FILE-009",
            _REJECT,
            "No row could be read",
            "The file was read, but no row with a value was found in it.",
            "Check that the table is in the sheet that the feed expects.",
        ),
        Kind(
            "FILE-010",
            _REJECT,
            "The workbook is too large",
            "The workbook is too large to be opened: {value}.",
            "Look for a stray cell far below or right of the table (Ctrl+End), delete its row and "
            "column, and send the file again.",
        ),
        Kind(
            "FILE-011",
            _REJECT,
            "Our reader failed",
            "Our reader failed on this file ({value}). The fault is ours and not the file's.",
            "Nothing to do: the file is kept and will be read again when the reader is mended.",
        ),
        Kind(
            "SHEET-001",
            _WARN,
            "Unknown sheet",
            "The sheet '{value}' is not one that this feed knows; nothing was read from it.",
            "If it holds data for this collection, ask for the sheet to be added to the feed.",
        ),
        Kind(
            "SHEET-002",
            _WARN,
            "No table in the sheet",
            "No header row with a code and a name was found; nothing was read from the sheet.",
            "Keep the header row with its headings 'Code' and 'Name'.",
        ),
        Kind(
            "SHEET-003",
            _INFO,
            "Hidden sheet",
            "The sheet '{value}' is hidden; nothing was read from it.",
            "Nothing to do, unless it holds data: then make it visible.",
        ),
        Kind(
            "SHEET-004",
            _INFO,
            "Note in the sheet",
            "A note stands with the table: {value}",
            "Read it: corrections sometimes stand only in a note. Notes are not applied.",
        ),
        Kind(
            "SHEET-005",
            _WARN,
            "Sheet stands twice",
            "A second sheet ('{value}') holds the same measures; only the first was read.",
            "Send one sheet for each measure.",
        ),
        Kind(
            "HEAD-001",
            _WARN,
            "Unknown measure",
            "The heading '{value}' is not a measure that this feed knows; its {count} values "
            "were not loaded.",
            "If the measure was renamed, ask for the new name to be added to the feed.",
        ),
        Kind(
            "HEAD-002",
            _WARN,
            "Date not understood",
            "The date heading '{value}' is not a date; its {count} values were not loaded.",
            "Give each block a date, for instance 03/12/2018.",
        ),
        Kind(
            "HEAD-003",
            _WARN,
            "Values under no heading",
            "A column without a heading holds {count} values; they were not loaded.",
            "Give the column a heading, or clear it.",
        ),
        Kind(
            "HEAD-004",
            _WARN,
            "Measure stands twice for a day",
            "'{value}' stands a second time for {day}; the first column was loaded.",
            "Send each measure once for each day.",
        ),
        Kind(
            "HEAD-005",
            _WARN,
            "Several days in one column",
            "'{value}' covers {days} days, and a count cannot be divided over them; its {count} "
            "values were not loaded.",
            "Send one column for each day.",
        ),
        Kind(
            "HEAD-006",
            _WARN,
            "Measure is missing",
            "The sheet has no column for the measure {column}; its values stay as they were.",
            "If the measure was renamed, ask for the new name to be added to the feed.",
        ),
        Kind(
            "CELL-001",
            _ROW,
            "Not a number",
            "{column} is '{value}', which is not a number.",
            "Send a number, or leave the cell empty where there is none.",
        ),
        Kind(
            "CELL-002",
            _ROW,
            "Not a whole number",
            "{column} is {value}, but it is a count and must be a whole number.",
            "Send the number counted, without decimals.",
        ),
        Kind(
            "CELL-003",
            _ROW,
            "Key is missing",
            "{column} is empty, so that the row belongs to nothing.",
            "Fill it in.",
        ),
        Kind(
            "CELL-004",
            _ROW,
            "Not a date",
            "{column} is '{value}', which is not a date.",
            "Send the day, for instance 2018-12-03.",
        ),
        Kind(
            "CELL-005",
            _ROW,
            "Number is too large",
            "{column} is {value}, more than can be held.",
            "Check for a slipped digit or a number pasted into the wrong cell.",
        ),
        Kind(
            "CELL-006",
            _WARN,
            "National figure not understood",
            "England's {column} is '{value}', which is not a number; it was not compared.",
            "Check the cell.",
        ),
        Kind(
            "ROW-001",
            _WARN,
            "Organisation stands twice in a sheet",
            "{value} has a second row in the sheet; only the first was read.",
            "Send one row for each organisation.",
        ),
        Kind(
            "SUM-001",
            _WARN,
            "England differs from its trusts",
            "England's {column} is {value}, but the trusts' figures make {total}.",
            "Check England's row; the published tables are computed from the trusts.",
        ),
    )
}
"""Every kind of finding that is not a rule of a contract, by code."""


def finding(
    code: str,
    *,
    place: Place = Place(),
    value: str | None = None,
    column_name: str | None = None,
    org_code: str | None = None,
    report_date: str | None = None,
    **words: object,
) -> Finding:
    """The finding of that kind, its message filled in from the arguments."""
    kind = KINDS[code]
    message = kind.message.format(value=value, column=column_name, **words)
    return Finding(
        code, kind.severity, message, kind.fix, place, column_name, value, org_code, report_date
    )


def column_letter(number: int) -> str:
    """The spreadsheet's name of the column with that number, counted from 1."""
    letters = ""
    while number > 0:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
