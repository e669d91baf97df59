"""Tables as people send them: delimited text, one sheet of a workbook, JSON objects."""
