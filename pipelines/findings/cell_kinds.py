"""Kinds of finding about one cell."""

from pipelines.findings.kind import rejects_row, rejects_value, warns

CELL_KINDS = (
    rejects_row(
        "CELL-001",
        "Not a number",
        "{column} is '{value}', which is not a number.",
        "Send a number, or leave the cell empty where there is no figure.",
    ),
    rejects_row(
        "CELL-002",
        "Not a whole number",
        "{column} is {value}, but it is a count and must be a whole number.",
        "Send the number counted, without decimals.",
    ),
    rejects_row(
        "CELL-003",
        "Key is missing",
        "{column} is empty, so the row cannot be assigned.",
        "Fill it in.",
    ),
    rejects_row(
        "CELL-004",
        "Not a date",
        "{column} is '{value}', which is not a date{expected}.",
        "Send the day in that format, or ask for the feed's `format` to be changed.",
    ),
    rejects_row(
        "CELL-005",
        "Number is too large",
        "{column} is {value}; no number beyond {limit} is taken.",
        "Check for a mistyped digit, a number in the wrong cell, and the unit. If the figure is "
        "right, ask for the column's limit to be raised.",
    ),
    warns(
        "CELL-006",
        "National figure not understood",
        "England's {column} is '{value}', which is not a number; it was not compared.",
        "Check the cell.",
    ),
    rejects_row(
        "CELL-007",
        "Not a time",
        "{column} is '{value}', which is not a time{expected}.",
        "Send the time in that format, or ask for the feed's `format` to be changed.",
    ),
    rejects_row(
        "CELL-008",
        "Time is ambiguous",
        "{column} is '{value}'. The clocks change in that hour: this London time occurs twice or "
        "never.",
        "Send the time with its offset (+00:00 or +01:00), or in UTC.",
    ),
    rejects_row(
        "CELL-009",
        "Time without an offset",
        "{column} is '{value}', without an offset from UTC.",
        "Send the time with its offset or a Z, or ask for its zone to be added to the feed.",
    ),
    warns(
        "CELL-010",
        "Formula without a result",
        "{column} is a formula, and the workbook has no result stored for it; the value held is "
        "kept.",
        "Open the workbook in a spreadsheet program, let it calculate, save it and send it again; "
        "or let the export write values in place of formulas.",
    ),
    warns(
        "CELL-011",
        "Formulas without a result beside the figures",
        "{count} cells that are no figures of a row that is loaded have a formula without a "
        "stored result.",
        "Nothing to do where they are totals or helps of your own; else let a spreadsheet program "
        "calculate the workbook and save it.",
    ),
    rejects_row(
        "CELL-012",
        "Decimal mark is open",
        "{column} is '{value}', and the file's numbers do not tell whether a point or a comma is "
        "their decimal mark: none of them decides it, or some say one and some the other.",
        "State it in the feed file: 'decimal_mark: point' or 'decimal_mark: comma' under format. "
        "Or send numbers without marks between thousands, with a point before decimals.",
    ),
    rejects_row(
        "CELL-013",
        "A clock of two parts",
        "{column} is '{value}', which is hours and minutes or minutes and seconds; the feed does "
        "not say which.",
        "State it in the feed file: 'clock: hh:mm' or 'clock: mm:ss' beside 'given_in: clock'. Or "
        "send hours, minutes and seconds, like 0:17:30.",
    ),
    rejects_row(
        "CELL-014",
        "A word for a missing value",
        "{column} is '{value}', which looks like a missing value; this feed does not take it for "
        "one.",
        "Leave the cell empty where there is no figure, or have that word added to 'missing:' "
        "in the feed file.",
    ),
    rejects_row(
        "CELL-015",
        "24:00 begins no slot",
        "{column} is '{value}'. 24:00 is the end of a day, and this feed names its slots by their "
        "start.",
        "Send 00:00 of the next day. If the times are the ends of slots, have 'labelled_by: end' "
        "added to the column in the feed file.",
    ),
    rejects_row(
        "CELL-016",
        "Not a month",
        "{column} is '{value}', which is not a month{expected}.",
        "Send the month, or its first day like 2026-11-01. Words around it belong into the "
        "'prefixes' or the 'format' of the column in the feed file.",
    ),
    rejects_row(
        "CELL-017",
        "Month is open",
        "{column} is '{value}', which can be read as two months.",
        "Send the year with four digits and the month as a word or behind it, like 2026-11 or "
        "Nov 2026; or say in the feed file how it is written: 'format' of the column, like "
        "'%d/%m/%Y'.",
    ),
    rejects_value(
        "CELL-018",
        "Column is not of that year",
        "{column} is '{value}', and the contract has this column {years}; the value was not "
        "loaded.",
        "Check the date of the row. If it is right, leave the cell empty.",
    ),
)
