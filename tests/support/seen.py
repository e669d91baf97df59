"""Two publications of one home: the later one follows on corrections, late and refused files."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import copy

import pytest

from pipelines import steps
from pipelines.base.settings import settings
from pipelines.registry.registry import load_registry
from tests.support.figures_of_now import make_home, write, write_trust
from warehouse.publish.publications import current_path
from warehouse.publish.publish import publish

THEN = "2026-11-25T12:00:01Z"
LATER = "2026-11-25T12:20:00Z"


@contextmanager
def then_and_later(folder: Path) -> Iterator[tuple[Path, Path]]:
    """The files of both; inside, the home is the settings' own and the time is the later."""
    home = make_home(folder)
    later = folder / "later"
    later.mkdir()
    files = [
        # Corrected, confirmed and new in one file.
        write_trust(later, "R0A", [
            ("R0A02", "2026-11-25T11:30", {"ambulances_waiting": 9, "ga_beds_open": 900}),
            ("R0A07", "2026-11-25T11:30", {"ambulances_waiting": 2}),
            ("R0A02", "2026-11-25T12:00", {"ambulances_waiting": 1}),
        ]),
        # Late.
        write_trust(later, "RX1", [("RX101", "2026-11-25T11:30", {"ambulances_waiting": 7})]),
        write_trust(later, "RWE", [("RWE01", "2026-11-25T11:45", {"ambulances_waiting": 1})]),
        # Refused.
        write(later / "RJ1_2.csv", [{"org_code": "RJ1", "nothing": "that is known"}]),
        write(later / "RRU_2.csv", [
            {"org_code": "RRU", "report_date": "2026-11-24", "incidents_c2": 2900,
             "response_c2_mean_seconds": 2000, "incidents": 5000},
        ]),
    ]  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SITREP_HOME", str(home))
        patch.setenv("SITREP_FEEDS_DIR", str(folder / "feeds"))
        patch.setenv("SITREP_NOW", THEN)
        settings.cache_clear()
        publish(home, load_registry())
        then = current_path(home)
        assert then is not None
        kept = Path(copy(then, folder / "then.duckdb"))
        patch.setenv("SITREP_NOW", LATER)
        settings.cache_clear()
        steps.land_files(files)
        steps.drain()
        steps.publish()
        newest = current_path(home)
        assert newest is not None and newest != then
        yield kept, newest
    settings.cache_clear()
