"""What retention deletes, or would delete."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path


@dataclass(frozen=True)
class Deleted:
    """What was deleted of one class, or would be in a dry run."""

    items: int = 0
    size_bytes: int = 0
    """Of files; the space of rows is used again by the warehouse."""
    is_all: bool = True
    """False where more is past its time: the next run goes on."""

    def __add__(self, other: "Deleted") -> "Deleted":
        return Deleted(
            self.items + other.items,
            self.size_bytes + other.size_bytes,
            self.is_all and other.is_all,
        )


Deleter = Callable[[Path, datetime, bool], Deleted]
"""Deletes what is older than the moment from a home; with True it only counts."""
