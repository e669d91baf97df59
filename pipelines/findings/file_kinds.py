"""Kinds of finding about a whole file, its patient data among them."""

from pipelines.findings.kind import informs, rejects_submission, warns

FILE_KINDS = (
    rejects_submission(
        "FILE-001",
        "The file is empty",
        "The file is empty (0 bytes).",
        "Send the file again; the transfer may have been cut off.",
    ),
    rejects_submission(
        "FILE-002",
        "The file is not a workbook",
        "The file is named {name} but is not an Excel workbook: it begins with {value}.",
        "Save it in Excel as 'Excel Workbook (*.xlsx)'; renaming a file does not convert it.",
    ),
    rejects_submission(
        "FILE-003",
        "The workbook is damaged",
        "A whole Excel workbook was expected. The file begins like one, but cannot be read to its "
        "end: {value}.",
        "Open it in Excel to check it, then send the complete file again.",
    ),
    rejects_submission(
        "FILE-004",
        "The workbook has a password",
        "The workbook is encrypted with a password, so it cannot be read.",
        "Remove the password (File > Info > Protect Workbook) and send it again.",
    ),
    rejects_submission(
        "FILE-005",
        "No sheet is recognised",
        "This feed does not recognise any of the sheets: {value}.",
        "Check that the file belongs to this feed and that its sheets keep their names.",
    ),
    rejects_submission(
        "FILE-006",
        "No feed expects this file",
        "No feed expects a file named {value}.",
        "Check the name against the feed's file name pattern, or name the feed (--feed).",
    ),
    informs(
        "FILE-007",
        "Nothing for this collection",
        "The workbook has no sheet for this collection; its sheets belong to other feeds.",
        "Nothing to do.",
    ),
    informs(
        "FILE-008",
        "Sent before",
        "The same bytes were sent before, as {value}; nothing was changed.",
        "Nothing to do. If you meant to correct something, send the corrected file.",
    ),
    rejects_submission(
        "FILE-009",
        "No row could be read",
        "The file was read, but it has no row with a value.",
        "Check that the table is in the sheet that the feed expects.",
    ),
    rejects_submission(
        "FILE-010",
        "The file is too large",
        "The file is too large to be read: {value}.",
        "In a workbook, look for a stray cell far below or right of the table (Ctrl+End) and "
        "delete its row and column. Else send the file in parts.",
    ),
    rejects_submission(
        "FILE-011",
        "Our reader failed",
        "Our reader failed on this file ({value}). The fault is ours, not the file's.",
        "Nothing to do: the file is kept and will be read again when the reader is fixed.",
    ),
    rejects_submission(
        "FILE-012",
        "The file is not text",
        "The file is named {name} but is not a readable text file: it begins with {value}.",
        "Export it as CSV or JSON; renaming a workbook does not convert it.",
    ),
    rejects_submission(
        "FILE-013",
        "Quotes do not match",
        "Quotes do not match ({value}); nothing from row {row} on can be read.",
        "Double every quote inside a text and close every quote; the file may be cut off.",
    ),
    rejects_submission(
        "FILE-014",
        "The file is not usable JSON",
        "The file is not the JSON that this feed expects: {value}.",
        "Send an object, an array of objects, or one object per line; the file may be cut off.",
    ),
    rejects_submission(
        "FILE-015",
        "No header",
        "No header row was found: none of the first rows has a heading for {value}.{found}",
        "Send the headings that are expected, in one row; or have those found added to the "
        "feed's mapping.",
    ),
    rejects_submission(
        "FILE-016",
        "The file is too large",
        "The file has {value} bytes; at most {limit} are read. It was not read and not kept.",
        "Send only the table that the feed expects, in as many files as it takes.",
    ),
    warns(
        "FILE-018",
        "A text has half a character",
        "A text of the file has half a character (an escape like \\ud800 without its other half). "
        "A mark (\ufffd) was put in its place.",
        "Have the export write whole characters; emoji are often cut in two.",
    ),
    warns(
        "FILE-017",
        "A copy of a refused file could not be removed",
        "The file was refused for patient data, but its copy at the source could not be removed "
        "({value}).",
        "Remove the file at the source by hand, and let the source's folder be written to by us. "
        "At an address that is asked only its owner can remove it.",
    ),
    rejects_submission(
        "FILE-019",
        "The workbook is packed in an unusual way",
        "The workbook is packed in a way that Excel does not use ({value}), so it cannot be read.",
        "Open it in Excel and save it as 'Excel Workbook (*.xlsx)', without a password.",
    ),
    informs(
        "FILE-026",
        "A list without entries",
        "The file is an empty list: it holds no row.",
        "Nothing to do, if there was nothing to report.",
    ),
    warns(
        "FILE-027",
        "Filled up with NUL bytes",
        "The file ends with {count} NUL bytes; they were left out, and all before them was read.",
        "Check that the file is whole: such bytes are left where it was not written to its end.",
    ),
    warns(
        "FILE-028",
        "Two exports in one file",
        "A second export begins in row {row}, with a byte order mark. It has the same headings, so "
        "its rows were read too.",
        "Have each export write a new file, and not append to the one before.",
    ),
    rejects_submission(
        "FILE-029",
        "Two exports in one file",
        "A second export begins in row {row}, with a byte order mark in the middle of the file; "
        "the two cannot be read together.",
        "Send each export as a file of its own. Have it write a new file, and not append to the "
        "one before.",
    ),
    rejects_submission(
        "FILE-030",
        "A name that no file may have",
        "The file's name ('{value}') cannot be used: {why}. It was not read and not kept.",
        "Send it under a short name without folders, such as R0A_acute_realtime_20261117T0815.csv.",
    ),
    rejects_submission(
        "FILE-020",
        "A workbook of another publication",
        "The workbook is '{value}', another publication than this feed reads; nothing was loaded.",
        "Nothing to do. If it should be loaded, ask for a feed of its own.",
    ),
    rejects_submission(
        "FILE-021",
        "Days as numbers, and two ways to count them",
        "Days stand as bare numbers ({value}), and the workbook does not say surely from when they "
        "are counted: {value} is {by_1900} counted from 1900 and {by_1904} counted from 1904.",
        "Write the days as dates or as text such as 3 Dec 2018, and send the workbook again.",
    ),
    rejects_submission(
        "FILE-023",
        "Headings in two rows",
        "The headings stand in two rows ({upper} and {lower}), and this feed reads one: no row "
        "alone has a heading for {value}.",
        "Set `header_rows: 2` in the feed's format and name the headings as 'upper: lower'; or "
        "send all headings in one row.",
    ),
    rejects_submission(
        "DATA-001",
        "Looks like patient data",
        "The file holds {count} value(s) that are valid NHS numbers. It was refused as a whole, "
        "and its content was not kept.",
        "Send aggregate figures only. Check how the numbers came into the export, and tell your "
        "information governance lead.",
    ),
    rejects_submission(
        "DATA-002",
        "A column of patient data",
        "The heading '{value}' belongs to data about patients. The file was refused as a whole, "
        "and its content was not kept.",
        "Leave the column out. If it holds no patient data, give it another heading or ask for it "
        "to be added to the feed.",
    ),
    rejects_submission(
        "DATA-004",
        "Could not be looked through for patient data",
        "The file could not be looked through for patient data ({value}). It was refused as a "
        "whole, and its content was not kept.",
        "Send it again as a workbook, CSV or JSON that is whole, without a password and not packed "
        "in another way.",
    ),
)
