"""The kinds of finding that the machinery itself can give, by code.

Rules of a collection have their own codes in its contract; the codes here belong to files,
sheets, headings, cells and rows of any collection.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from pipelines.registry.severity import Severity


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
            "The workbook cannot be read completely ({value}); it may be cut off or damaged.",
            "Open it in Excel to check it, then send the complete file again.",
        ),
        Kind(
            "FILE-004",
            _REJECT,
            "The workbook has a password",
            "The workbook is encrypted with a password, so it cannot be read.",
            "Remove the password (File > Info > Protect Workbook) and send it again.",
        ),
        Kind(
            "FILE-005",
            _REJECT,
            "No sheet is recognised",
            "This feed does not recognise any of the sheets: {value}.",
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
            "The file was read, but it has no row with a value.",
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
            "Our reader failed on this file ({value}). The fault is ours, not the file's.",
            "Nothing to do: the file is kept and will be read again when the reader is fixed.",
        ),
        Kind(
            "FILE-012",
            _REJECT,
            "The file is not text",
            "The file is named {name} but is not a readable text file: it begins with {value}.",
            "Export it as CSV or JSON; renaming a workbook does not convert it.",
        ),
        Kind(
            "FILE-013",
            _REJECT,
            "Quotes do not match",
            "Quotes do not match ({value}); nothing from row {row} on can be read.",
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
            "This feed does not recognise the sheet '{value}'; nothing was read from it.",
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
            "There is a note beside the table: {value}",
            "Read it: corrections are sometimes given only in a note. Notes are not applied.",
        ),
        Kind(
            "SHEET-005",
            _WARN,
            "Sheet appears twice",
            "A second sheet ('{value}') holds the same measures; only the first was read.",
            "Send one sheet for each measure.",
        ),
        Kind(
            "HEAD-001",
            _WARN,
            "Unknown measure",
            "This feed does not recognise the measure '{value}'; its {count} values were not "
            "loaded.",
            "If the measure was renamed, ask for the new name to be added to the feed.",
        ),
        Kind(
            "HEAD-002",
            _WARN,
            "Date not understood",
            "The date heading '{value}' is not a date; its {count} values were not loaded.",
            "Give each block a date, for example 03/12/2018.",
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
            "Measure appears twice for a day",
            "'{value}' appears twice for {day}; the first was loaded.",
            "Send each measure once for each day.",
        ),
        Kind(
            "HEAD-005",
            _WARN,
            "Several days in one column",
            "'{value}' covers {days} days, and a count cannot be divided between them; its {count} "
            "values were not loaded.",
            "Send one column for each day.",
        ),
        Kind(
            "HEAD-006",
            _WARN,
            "Measure is missing",
            "No column for {column} was found; the values held are kept.",
            "If the measure was renamed, ask for the new name to be added to the feed.",
        ),
        Kind(
            "HEAD-007",
            _WARN,
            "Heading appears twice",
            "Two headings mean the same column; '{value}' and its {count} values were ignored.",
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
            "{column} is empty, so the row cannot be assigned.",
            "Fill it in.",
        ),
        Kind(
            "CELL-004",
            _ROW,
            "Not a date",
            "{column} is '{value}', which is not a date.",
            "Send the day, for example 2018-12-03.",
        ),
        Kind(
            "CELL-005",
            _ROW,
            "Number is too large",
            "{column} is {value}, which is too large to store.",
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
            "{column} is '{value}', which is not a time in this feed's format.",
            "Send the slot's time, for example 2026-11-22T08:15:00Z.",
        ),
        Kind(
            "CELL-008",
            _ROW,
            "Time is ambiguous",
            "{column} is '{value}'. The clocks change in that hour: this London time occurs twice "
            "or never.",
            "Send the time with its offset (+00:00 or +01:00), or in UTC.",
        ),
        Kind(
            "CELL-009",
            _ROW,
            "Time without an offset",
            "{column} is '{value}', without an offset from UTC.",
            "Send the time with its offset or a Z, or ask for its zone to be added to the feed.",
        ),
        Kind(
            "ROW-001",
            _WARN,
            "Organisation appears twice in a sheet",
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
            "The row has {value}; values may be in the wrong columns.",
            "Put numbers with thousands separators in quotes; the file may be cut off.",
        ),
        Kind(
            "SLOT-001",
            _ROW,
            "Too far back",
            "{value} is more than {days} days before receipt; changes are closed.",
            "Ask the national team to open the period if the figure has to change.",
        ),
        Kind(
            "SUM-001",
            _WARN,
            "England differs from its trusts",
            "England's {column} is {value}, but the trusts add up to {total}.",
            "Check England's row; the published tables are computed from the trusts.",
        ),
    )
}
"""Every kind of finding that is not a rule of a contract, by code."""
