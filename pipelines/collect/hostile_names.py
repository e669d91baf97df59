"""The one judge of names that a source gives: whether a file of that name may be taken.

Names of files become parts of paths and of answers. A store over a network may answer with any
text: with folders in it, with `..`, of thousands of characters. Names that are merely odd (control
characters, not UTF-8, look-alikes of other letters) are taken; they are shown with codes for what
cannot be seen, and belong to a feed only if its pattern says so.
"""

UNFINISHED = (".tmp", ".part", ".partial", ".filepart", ".crdownload")
"""Endings that transfer programs give to a file they are still writing."""
_HIDDEN = (".", "~$")
_MOST_BYTES = 255
"""What a file system takes, and every provider's names are far below it."""
_MOST_TOLD = 60


def why_hostile(name: str) -> str:
    """Why no file of that name is taken; empty where it may be."""
    if not name.strip() or name in (".", ".."):
        return "it is no name"
    if "/" in name or "\0" in name:
        return "it has a folder in it"
    size = len(name.encode("utf-8", "surrogateescape"))
    return f"it has {size:,} bytes, more than {_MOST_BYTES}" if size > _MOST_BYTES else ""


def in_place_of(name: str) -> str:
    """What a file of a hostile name is called: without folders, and not too long."""
    plain = name.replace("/", "_").replace("\0", "_").strip() or "_"
    return plain if len(plain) <= _MOST_TOLD else f"{plain[:_MOST_TOLD]}…"


def is_unfinished(name: str) -> bool:
    """Whether a file of that name is hidden, or may still be written."""
    name = name.casefold()
    return name.startswith(_HIDDEN) or name.endswith(UNFINISHED)
