"""Keeps what fails in one collection, or in one table, apart from all others."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from pipelines.base.disk_faults import raise_disk_fault
from pipelines.base.errors import told_in_a_line
from warehouse.store.file_damage import damage_told

Faults = dict[str, str]
"""Collection, or table that is no collection's → why it could not be made anew."""


@contextmanager
def costs_only(owner: str, faults: Faults) -> Iterator[None]:
    """Whatever fails inside costs the owner's tables only; the reason stands in `faults`.

    Who interrupts it wants all of it to end.
    """
    import duckdb

    try:
        with damage_told("The warehouse"):
            yield
    except duckdb.InterruptException:
        raise
    except Exception as error:
        raise_disk_fault(error)
        logging.getLogger(__name__).exception("%s could not be made", owner)
        faults.setdefault(owner, told_in_a_line(error))
