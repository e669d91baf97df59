"""A pack would stand where it stands after a power cut, and so would the folder of its day."""

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from pipelines.base.durable import sync_folder
from pipelines.landing import pack_catalogue
from pipelines.landing.landing import Landing
from tests.support.packed_files import MONDAY, TUESDAY, contents, deliveries


def test_the_folder_of_a_day_is_on_the_disk_before_a_landing_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SITREP_HOME", str(tmp_path))
    synced: list[str] = []

    def sync(folder: Path) -> None:
        synced.append(folder.name)
        sync_folder(folder)

    def of_a_landing(landing: Landing, number: int) -> list[str]:
        bodies = [b"%d %s" % (number, body) for body in contents()]
        landing.land_all(deliveries(bodies), moments[number])
        told = sorted(synced)
        synced.clear()
        return told

    moments = [MONDAY, MONDAY + timedelta(minutes=15), TUESDAY, TUESDAY + timedelta(minutes=15)]
    moments.append(TUESDAY + timedelta(minutes=30))
    first, other = Landing(tmp_path), Landing(tmp_path)
    of_a_landing(first, 0)
    monkeypatch.setattr(pack_catalogue, "sync_folder", sync)
    monday, tuesday = (f"{moment:%Y-%m-%d}" for moment in (MONDAY, TUESDAY))
    assert of_a_landing(first, 1) == [monday]
    assert of_a_landing(first, 2) == [tuesday, "packs"]
    # Whoever made the folder may not have come so far.
    assert of_a_landing(other, 3) == [tuesday, "packs"]
    shutil.rmtree(tmp_path / "landing" / "packs" / tuesday)
    assert of_a_landing(other, 4) == [tuesday, "packs"]
