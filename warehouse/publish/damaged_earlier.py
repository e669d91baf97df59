"""Damage in the file of the publication before, which is no fault of the new one."""

from collections.abc import Iterator
from contextlib import contextmanager

from warehouse.publish.kept_apart import Faults, costs_only
from warehouse.store.file_damage import is_of_damage


class DamagedEarlier(Exception):
    """A part of the file of the publication before cannot be read."""


@contextmanager
def comparing(owner: str, faults: Faults) -> Iterator[None]:
    """As `costs_only`; raises `DamagedEarlier` where the file of the one before is damaged.

    Whatever is compared inside is read from that file and from the one that was just written.
    """
    import duckdb

    damage: duckdb.Error | None = None
    with costs_only(owner, faults):
        try:
            yield
        except duckdb.Error as error:
            if not is_of_damage(error):
                raise
            damage = error
    if damage is not None:
        raise DamagedEarlier(str(damage)) from damage
