"""Kinds of finding about sheets and their headings."""

from pipelines.findings.kind import informs, warns

SHEET_KINDS = (
    warns(
        "SHEET-001",
        "Unknown sheet",
        "This feed does not recognise the sheet '{value}'; nothing was read from it.",
        "If it holds data for this collection, ask for the sheet to be added to the feed.",
    ),
    warns(
        "SHEET-002",
        "No table in the sheet",
        "No header row with a code and a name was found; nothing was read from the sheet.",
        "Keep the header row with its headings 'Code' and 'Name'.",
    ),
    informs(
        "SHEET-003",
        "Hidden sheet",
        "The sheet '{value}' is hidden; nothing was read from it.",
        "Nothing to do. If the sheet holds data, make it visible.",
    ),
    informs(
        "SHEET-004",
        "Note in the sheet",
        "There is a note beside the table: {value}",
        "Read the note: it may hold a correction. Notes are not applied to the figures.",
    ),
    warns(
        "SHEET-005",
        "Sheet appears twice",
        "A second sheet ('{value}') holds the same measures; only the first was read.",
        "Send one sheet for each measure.",
    ),
    informs(
        "SHEET-006",
        "Row over a part of England",
        "The row '{value}' is a sum over a part of England's trusts; it was neither loaded nor "
        "compared with the trusts.",
        "Nothing to do.",
    ),
    warns(
        "SHEET-007",
        "Sum of unknown trusts",
        "The row '{value}' is a sum, but the feed does not say of which trusts; it was neither "
        "loaded nor compared with the trusts.",
        "Ask for the name to be added to the feed: to national_names where it is all of England, "
        "to national_parts or region_names where it is a part.",
    ),
    warns(
        "SHEET-008",
        "England appears twice",
        "A second row of the sheet ('{value}') is named like England's; only the first was "
        "compared with the trusts.",
        "Send one row for England, or name the other by what it is a sum of.",
    ),
    warns(
        "HEAD-001",
        "Unknown measure",
        "This feed does not recognise the measure '{value}'; its {count} values were not loaded.",
        "If the measure was renamed, ask for the new name to be added to the feed.",
    ),
    warns(
        "HEAD-002",
        "Date not understood",
        "The date heading '{value}' is not a date; its {count} values were not loaded.",
        "Give each block a date, for example 03/12/2018.",
    ),
    warns(
        "HEAD-003",
        "Values under no heading",
        "A column without a heading holds {count} values; they were not loaded.",
        "Give the column a heading, or clear it.",
    ),
    warns(
        "HEAD-004",
        "Measure appears twice for a day",
        "'{value}' appears twice for {day}; the first was loaded.",
        "Send each measure once for each day.",
    ),
    warns(
        "HEAD-005",
        "Several days in one column",
        "'{value}' covers {days} days, and a count cannot be divided between them; its {count} "
        "values were not loaded.",
        "Send one column for each day.",
    ),
    warns(
        "HEAD-006",
        "Measure is missing",
        "No column for {column} was found{expected}; the values held are kept.",
        "Send the heading that is expected, or ask for the new name to be added to the feed.",
    ),
    warns(
        "HEAD-007",
        "Heading appears twice",
        "Two headings mean the same column; '{value}' and its {count} values were ignored.",
        "Send each column once.",
    ),
    warns(
        "HEAD-008",
        "Measure stands on two sheets",
        "'{value}' stands on another sheet too, and {count} of its values differ there; those of "
        "the sheet that comes first were loaded.",
        "Send each measure on one sheet, or the same values on both.",
    ),
    warns(
        "HEAD-009",
        "Headings seem to stand in two rows",
        "The headings seem to stand in two rows: '{value}' stands beside the row that was read, "
        "over or under a heading that is not recognised.",
        "Set `header_rows: 2` in the feed's format and name the headings as 'upper: lower'; or "
        "send all headings in one row.",
    ),
)
