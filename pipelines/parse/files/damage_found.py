"""What is wrong with a workbook, in words that its sender knows."""

_KNOWN = (
    ("not a zip file", "its end is missing, as when a transfer stops in the middle"),
    ("detect file format", "what is packed in it is no workbook"),
    ("no item named", "a sheet that it names is not in it"),
    ("filenotfound", "a part that it names is not in it"),
    ("crc", "a part of it has other bytes than were written"),
    ("decompress", "a part of it has other bytes than were written"),
)
"""What the readers say, in lower case, and what it means."""


def damage_found(told: str) -> str:
    """What a reader's text means; the text itself where that is not known."""
    plain = told.casefold()
    return next((meaning for sign, meaning in _KNOWN if sign in plain), told)
