"""Many small files that land together and so are packed, and what is left of them."""

import hashlib
from datetime import UTC, datetime
from pathlib import Path

from pipelines.landing.landed_objects import LEAST_PACKED as LEAST_PACKED
from pipelines.landing.landing import Delivery, Landing, Manifest
from pipelines.landing.object_store import DamagedObject

MONDAY, TUESDAY = datetime(2026, 11, 16, 8, tzinfo=UTC), datetime(2026, 11, 17, 8, tzinfo=UTC)
SECRET = b"NHS number 943 476 5919, a patient's"
AT = 30
"""Which of the files is the secret one."""


def contents(number: int = LEAST_PACKED, said: bytes = b"file") -> list[bytes]:
    """So many small files, of several sizes."""
    return [(said + b" %d\n" % one) * (one % 7 + 1) for one in range(number)]


def deliveries(bodies: list[bytes], feeds: int = 5) -> list[Delivery]:
    """The files as they come from the feeds, in turn."""
    return [
        Delivery(body, f"{number}.csv", f"acute_realtime.f{number % feeds}", "incoming")
        for number, body in enumerate(bodies)
    ]


def land_many(
    landing: Landing, moment: datetime = MONDAY, said: bytes = b"file", number: int = LEAST_PACKED
) -> list[Manifest]:
    """So many files have landed together."""
    return landing.land_all(deliveries(contents(number, said)), moment)


def with_secret() -> list[Delivery]:
    """Many files, of which one is secret."""
    bodies = contents()
    bodies[AT] = SECRET
    return deliveries(bodies)


def land_secret(landing: Landing) -> list[Manifest]:
    """Many files have landed together, of which one is secret."""
    landed = landing.land_all(with_secret(), MONDAY)
    assert SECRET in all_bytes(landing.home)
    return landed


def others(landed: list[Manifest]) -> list[Manifest]:
    """All but the secret one."""
    return [*landed[:AT], *landed[AT + 1 :]]


def all_bytes(home: Path) -> bytes:
    """Every byte of every file of landing."""
    files = [path for path in (home / "landing").rglob("*") if path.is_file()]
    return b"".join(path.read_bytes() for path in files)


def damaged(landing: Landing, landed: list[Manifest]) -> list[Manifest]:
    """Those whose bytes are damaged or missing; all others are read, whole."""
    found = []
    for one in landed:
        try:
            assert hashlib.sha256(landing.content(one)).hexdigest() == one.sha256
        except DamagedObject:
            found.append(one)
    return found
