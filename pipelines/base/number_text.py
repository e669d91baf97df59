"""The text of a number that was no text in its file."""


class NumberText(str):
    """The text of a true number of a workbook or of JSON: its decimal mark is a point always."""

    __slots__ = ()
