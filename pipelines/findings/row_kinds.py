"""Kinds of finding about a row: its organisation, its slot, its sums."""

from pipelines.findings.kind import rejects_row, warns

ROW_KINDS = (
    warns(
        "ROW-001",
        "Organisation appears twice in a sheet",
        "{value} has a second row in the sheet; only the first was read.",
        "Send one row for each organisation.",
    ),
    rejects_row(
        "ROW-002",
        "Not this feed's organisation",
        "'{value}' is not an organisation that this feed may report for.",
        "Send your own code; another provider's figures belong to its own feed.",
    ),
    rejects_row(
        "ROW-003",
        "Row does not fit the header",
        "The row has {value}; values may be in the wrong columns.",
        "Put numbers with thousands separators in quotes; the file may be cut off.",
    ),
    warns(
        "ROW-004",
        "Rows stand twice",
        "{count} row(s) are, cell by cell, the same as another row of the file, and were counted "
        "once: {value}.",
        "Nothing to do if the figures are right. Look for a part that was sent twice.",
    ),
    rejects_row(
        "SLOT-001",
        "Too far back",
        "{value} is more than {days} days before receipt; changes are closed.",
        "Ask the national team to open the period if the figure has to change.",
    ),
    rejects_row(
        "SLOT-002",
        "Before the collection began",
        "{column} is '{value}', but this collection takes nothing from before {limit}.",
        "Check the year and the date format of the export. If the day is right, ask for the "
        "collection's first day to be changed.",
    ),
    warns(
        "SLOT-003",
        "Nothing changed",
        "Nothing changed: all {count} rows are older than the values held.",
        "Nothing to do. To correct a value, send a file that was made after the one that gave it.",
    ),
    warns(
        "SLOT-004",
        "The name does not tell when the file was made",
        "The file's name ({value}) does not tell when it was made, as names of this feed do; it "
        "counts as made when it came, so its values stand above those of every file before it.",
        "Give the file its name with the time in it, as the feed's file_time says.",
    ),
    warns(
        "SUM-001",
        "England differs from its trusts",
        "England's {column} is {value}, but the trusts add up to {total}.",
        "Check England's row; the published tables are computed from the trusts.",
    ),
    warns(
        "SUM-002",
        "National figure is not plausible",
        "England's {column} is '{value}' for {day}, which cannot be right; it was not kept.",
        "Check the number for a mistyped digit, and the day over it.",
    ),
    warns(
        "SUM-003",
        "National figures of no day or month",
        "The row with England's figures names no day or month of its own ('{value}'), and the "
        "file has several; its figures were not compared.",
        "Write the day or month into England's row.",
    ),
    warns(
        "SUM-004",
        "England appears twice",
        "A second row with England's figures says {value} for {column} of {day}, where the first "
        "says otherwise; the first was compared.",
        "Send one row for England. If the other is a sum over some of them, give it another name.",
    ),
)
