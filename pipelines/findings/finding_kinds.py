"""The kinds of finding that the machinery itself can give, by code.

Rules of a collection have their own codes in its contract; the codes here belong to files,
sheets, headings, cells and rows of any collection.
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
            "FILE-012",
            _REJECT,
            "The file is not text",
            "The file is named {name} but is no text that can be read: it begins with {value}.",
            "Export it as CSV or JSON; renaming a workbook does not convert it.",
        ),
        Kind(
            "FILE-013",
            _REJECT,
            "Quotes do not match",
            "From row {row} on the rows cannot be told apart: {value}.",
            "Write a quote inside a text twice, and close every quote; the file may be cut off.",
        ),
        Kind(
            "FILE-014",
            _REJECT,
            "The file is not usable JSON",
            "The file is not the JSON that this feed sends: {value}.",
            "Send an object, an array of objects, or an object on each line; the file may be cut "
            "off.",
        ),
        Kind(
            "FILE-015",
            _REJECT,
            "No header",
            "No header row was found: none of the first rows has a heading for {value}.",
            "Send the headings that the feed's mapping names, in one row.",
        ),
        Kind(
            "DATA-001",
            _REJECT,
            "Looks like patient data",
            "The file holds {count} value(s) that are valid NHS numbers. It was refused as a "
            "whole, and its content was not kept.",
            "Send aggregate figures only. Check how the numbers came into the export, and tell "
            "your information governance lead.",
        ),
        Kind(
            "DATA-002",
            _REJECT,
            "A column of patient data",
            "The heading '{value}' belongs to data about patients. The file was refused as a "
            "whole, and its content was not kept.",
            "Leave the column out. If it holds no patient data, give it another heading or ask "
            "for it to be added to the feed.",
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
            "HEAD-007",
            _WARN,
            "Heading stands twice",
            "'{value}' stands for a column that another heading stands for already; its {count} "
            "values were not loaded.",
            "Send each column once.",
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
            "CELL-007",
            _ROW,
            "Not a time",
            "{column} is '{value}', which is not a time in the form that this feed has.",
            "Send the slot's time, for instance 2026-11-22T08:15:00Z.",
        ),
        Kind(
            "CELL-008",
            _ROW,
            "Time is ambiguous",
            "{column} is '{value}'. The clocks change then, so that this time comes twice or "
            "never in London, and it was not guessed which is meant.",
            "Send the time with its offset (+00:00 or +01:00), or in UTC.",
        ),
        Kind(
            "CELL-009",
            _ROW,
            "Time without an offset",
            "{column} is '{value}', without an offset from UTC.",
            "Send the time with its offset or a Z, or have its zone stated in the feed.",
        ),
        Kind(
            "ROW-001",
            _WARN,
            "Organisation stands twice in a sheet",
            "{value} has a second row in the sheet; only the first was read.",
            "Send one row for each organisation.",
        ),
        Kind(
            "ROW-002",
            _ROW,
            "Not this feed's organisation",
            "'{value}' is not an organisation that this feed may report for.",
            "Send your own code; another provider's figures belong to its own feed.",
        ),
        Kind(
            "ROW-003",
            _ROW,
            "Row does not fit the header",
            "The row has {value}, so that its values may stand under the wrong headings.",
            "Put numbers with thousands separators in quotes; the file may be cut off.",
        ),
        Kind(
            "SLOT-001",
            _ROW,
            "Too far back",
            "{value} is more than {days} days before the file came; amendments are closed.",
            "Ask the national team to open the period if the figure has to change.",
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
