"""A home to which anything may happen next, drawn from a seed: files, stages, time, retention."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest
import yaml

from pipelines import steps
from pipelines.base.settings import PROJECT, settings
from pipelines.cli.app import _run
from pipelines.storage.retention_rules import read_rules
from tests.support.simulated import change_feed
from tests.support.small_slots import FEED, SITES, Value, write_slots
from tests.support.small_workbook import GA_BEDS, TRUSTS, write_workbook

_QUARTER = timedelta(minutes=15)
_STRIDES = (5, 16, 16, 47, 7 * 60, 26 * 60, 8 * 24 * 60, 37 * 24 * 60)
"""Minutes that pass: less than a slot, over midnight, past the changes and past the windows."""


@dataclass
class RestlessHome:
    """The home, and what may happen to it."""

    folder: Path
    patch: pytest.MonkeyPatch
    clock: datetime
    draw: Random
    number: int = 0
    happened: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.folder.mkdir(exist_ok=True, parents=True)
        shutil.copytree(PROJECT / "pipelines" / "feeds", self.folder / "feeds")
        shutil.copytree(PROJECT / "expectations", self.folder / "contracts")
        first = (self.clock - timedelta(days=3)).date()
        change_feed(self.folder / "feeds", FEED, stage="live", slots_from=first)
        rules = read_rules().model_dump()
        rules["superseded_revisions"]["days"] = 90
        rules["ledger_lines"]["days"] = 20
        (self.folder / "retention.yaml").write_text(yaml.safe_dump(rules), "utf-8")
        self.patch.setenv("SITREP_FEEDS_DIR", str(self.folder / "feeds"))
        self.patch.setenv("SITREP_EXPECTATIONS_DIR", str(self.folder / "contracts"))
        self.patch.setenv("SITREP_RETENTION_FILE", str(self.folder / "retention.yaml"))
        self._tell_time()

    def go_on(self) -> None:
        """Something happens."""
        one = self.draw.choice(_EVENTS)
        self.happened.append(f"{self.clock:%d %H:%M} {one.__name__}")
        one(self)

    def pass_time(self, minutes: int | None = None) -> None:
        """The clock moves on, by so much as is drawn where nothing is said."""
        minutes = minutes or self.draw.choice(_STRIDES)
        self.clock += timedelta(minutes=minutes, seconds=self.draw.randrange(60))
        self._tell_time()

    def send_slots(self) -> None:
        """The newest slots come."""
        self._send(self._newest(3), self.clock)

    def revise_slots(self) -> None:
        """Slots of the last days come again, with other figures."""
        self._send(self._earlier(), self.clock)

    def send_late(self) -> None:
        """A file comes that was made hours ago: it fills in only what no later one said."""
        self._send(self._earlier(), self.clock - timedelta(hours=self.draw.randrange(1, 30)))

    def send_faults(self) -> None:
        """Rows of a file are rejected."""
        self._send(self._newest(2), self.clock, arrivals=-1)

    def send_days(self) -> None:
        """A workbook of days comes, with one figure drawn."""
        days = [(self.clock - timedelta(days=back)).date() for back in (3, 2, 1)]
        cell = (GA_BEDS, self.draw.choice(list(TRUSTS)), "Total beds occ'd", days[0])
        path = self.folder / "files" / f"Winter-data-timeseries-{self.clock:%Y%m%d}.xlsx"
        write_workbook(path, {cell: self.draw.randrange(400, 500)}, days=days)
        self._drain(path)

    def send_nothing_new(self) -> None:
        """The last files come again, byte for byte."""
        files = sorted((self.folder / "files").glob("*"))[-2:] if self.number else []
        self._drain(*files)

    def demote(self) -> None:
        """The feed goes back to testing: its values of today stand apart."""
        _run(["feeds", "demote", FEED, "--reason", "It counts twice", "--by", "an engineer"])

    def promote(self) -> None:
        """The feed goes live, with values of the days before."""
        first = (self.clock - timedelta(days=2)).date().isoformat()
        _run(["feeds", "promote", FEED, "--force", "--reason", "Winter", "--slots-from", first])

    def read_again(self) -> None:
        """What came in the last days is read again."""
        since = self.clock - timedelta(days=2)
        steps.rerun("acute_realtime", None, since, self.clock + _QUARTER)

    def take_back(self) -> None:
        """A rule rejects every row, and what came is read again; the rule goes afterwards."""
        path = self.folder / "contracts" / "acute_realtime.yaml"
        text = path.read_text("utf-8")
        path.write_text(text.replace("min_value: 0", "min_value: 1", 1), "utf-8")
        settings.cache_clear()
        self.read_again()
        path.write_text(text, "utf-8")
        settings.cache_clear()

    def retain(self) -> None:
        """What is past its time is deleted."""
        assert _run(["retain"]) == 0

    def watch(self) -> None:
        """The watch looks."""
        _run(["watch"])

    def _tell_time(self) -> None:
        self.patch.setenv("SITREP_NOW", f"{self.clock.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}")
        settings.cache_clear()

    def _newest(self, most: int) -> list[datetime]:
        start = self.clock.replace(minute=self.clock.minute // 15 * 15, second=0)
        return [start - _QUARTER * back for back in range(1, self.draw.randrange(2, most + 2))]

    def _earlier(self) -> list[datetime]:
        (newest, *_) = self._newest(1)
        return [newest - _QUARTER * self.draw.randrange(150) for _ in range(3)]

    def _send(self, slots: list[datetime], made: datetime, **figures: Value) -> None:
        told = sorted({f"{slot:%Y-%m-%dT%H:%M:%SZ}" for slot in slots})
        changes: dict[tuple[str, str], dict[str, Value]] = {
            (site, slot): {"arrivals": self.draw.randrange(3, 9)} for site in SITES for slot in told
        }
        changes[SITES[0], told[0]] |= figures
        self.number += 1
        name = f"R0A_acute_realtime_{made:%Y%m%dT%H%M%S}.csv"
        self._drain(write_slots(self.folder / "files" / str(self.number) / name, changes, told))

    def _drain(self, *files: Path) -> None:
        steps.land_files([path for path in files if path.is_file()])
        steps.drain()


_EVENTS: tuple[Callable[[RestlessHome], None], ...] = (
    RestlessHome.send_slots,
    RestlessHome.send_slots,
    RestlessHome.revise_slots,
    RestlessHome.revise_slots,
    RestlessHome.send_late,
    RestlessHome.send_faults,
    RestlessHome.send_days,
    RestlessHome.send_nothing_new,
    RestlessHome.demote,
    RestlessHome.promote,
    RestlessHome.read_again,
    RestlessHome.take_back,
    RestlessHome.retain,
    RestlessHome.watch,
)
