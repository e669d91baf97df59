"""A little of `make torture`, and that its comparison sees what is lost."""

import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from random import Random

import pytest

from pipelines.base.settings import settings
from tests.attack.fuzz.road import prepare
from tests.attack.torture.full_disks import fill_stage
from tests.attack.torture.journeys import MOMENT, stages
from tests.attack.torture.kills import kill_stage
from tests.attack.torture.twin import Around, differences, walk
from tests.support.each_time import others_are_long
from tests.support.warehouse import tamper_with

JOURNEYS = ("simulate", "drain")


@pytest.fixture(scope="module")
def twin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, Around]]:
    folder = tmp_path_factory.mktemp("torture")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (("HOME", "unused"), ("NOW", MOMENT), ("QUIET_SECONDS", "0")):
            patch.setenv(f"SITREP_{name}", value)
        yield walk(prepare(folder).home, folder / "twin", 0, JOURNEYS)
    settings.cache_clear()


def test_every_command_that_works_on_a_home_is_a_journey() -> None:
    told = {name.split()[0] for name in stages()}
    assert told >= {
        "ingest", "collect", "drain", "bring_in", "publish", "reprocess", "watch", "status",
        "query", "as-of", "simulate", "task", "submissions", "feeds", "slots",
    }  # fmt: skip


@pytest.mark.parametrize("name", others_are_long(JOURNEYS, "drain"))
def test_killed_at_random_it_is_made_good(
    name: str, twin: Mapping[str, Around], tmp_path: Path
) -> None:
    results = list(kill_stage(tmp_path, name, 0, twin[name], 2, Random(name)))
    faults = [fault for one in results for fault in one.faults]
    assert not faults, "\n".join(faults)
    assert sum(one.disturbed for one in results) >= 1


def test_on_a_full_disk_it_is_made_good(twin: Mapping[str, Around], tmp_path: Path) -> None:
    (result,) = fill_stage(tmp_path, "simulate", 0, twin["simulate"], 1, Random(1))
    lost = [fault for fault in result.faults if "twin" in fault or "sound" in fault]
    assert lost == []


def test_the_comparison_sees_a_row_that_is_lost(twin: Mapping[str, Around], tmp_path: Path) -> None:
    home = Path(shutil.copytree(twin["drain"].before, tmp_path / "home", symlinks=True))
    os.environ["SITREP_HOME"] = str(home)
    settings.cache_clear()
    unchanged = twin["simulate"].after
    assert differences(home, unchanged) == []
    with tamper_with(home) as connection:
        connection.execute("DELETE FROM history.nhs111 WHERE rowid = 0")
    (found,) = differences(home, unchanged)
    assert found.startswith("history.nhs111")
    page = next(home.glob("answers/*/*.jsonl"))
    page.write_bytes(b"")
    assert len(differences(home, unchanged)) == 2
