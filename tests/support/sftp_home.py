"""A home whose feed R0A is put into a folder of a real SFTP server."""

import itertools
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from pipelines import steps
from pipelines.base.settings import settings
from pipelines.collect.checks import SourceCheck, Step
from pipelines.collect.collected_source import sources_at
from pipelines.collect.sources.sftp import SftpSource
from pipelines.landing.landing import Landing
from pipelines.landing.left_at_source import all_left
from pipelines.local_servers.sftp_server import RunningSftp, SftpFaults
from pipelines.registry.registry import load_registry
from tests.support.simulated import change_feed, with_slots_from
from tests.support.small_slots import FEED, Value, write_slots

CONNECTION = "sftp_r0a"
STEPS: list[Step] = [step for step in Step if step is not Step.PUT_AWAY]
"""What is tried of an SFTP server."""
_numbers = itertools.count(1)


@dataclass
class SftpHome:
    """One home, and its folder at the server."""

    home: Path
    feeds: Path
    server: RunningSftp
    root: Path
    """What the server shows."""
    name: str
    """Of the folder there."""
    patch: pytest.MonkeyPatch
    put_in: list[str] = field(default_factory=list)

    @property
    def folder(self) -> Path:
        return self.root / self.name

    @property
    def endpoint(self) -> str:
        return f"sftp://{CONNECTION}/{self.name}"

    def configure(self, feed: str = FEED, **words: Any) -> None:
        """The feed's source says these words too."""
        source = {
            "kind": "sftp",
            "connection": CONNECTION,
            "folder": self.name,
            "pattern": "R0A_*.csv",
            "quiet_seconds": 0,
            **words,
        }
        change_feed(self.feeds, feed, source=source)

    def connect(self, connection: Mapping[str, Any] | None = None, **changes: Any) -> None:
        """The environment has the server's connection, with these changes."""
        told = {**(connection or self.server.connection), **changes}
        self.patch.setenv(f"AIRFLOW_CONN_{CONNECTION.upper()}", json.dumps(told))

    def send(
        self,
        name: str,
        changes: Mapping[tuple[str, str], Mapping[str, Value]] | None = None,
        changed_at: float | None = None,
    ) -> Path:
        """A file with slots stands in the folder."""
        path = write_slots(self.folder / name, changes)
        if changed_at is not None:
            os.utime(path, (changed_at, changed_at))
        return path

    def collect(self) -> int:
        return steps.collect(self.endpoint)

    def landed(self) -> list[str]:
        """The names of the files that wait to be read, each as often as it landed."""
        return sorted(one.file_name for one in Landing(self.home).waiting())

    def left(self) -> dict[str, str]:
        return {thing.name: thing.why for source in all_left(self.home) for thing in source.things}

    def at_server(self, below: str = ".") -> set[str]:
        folder = self.folder / below
        return {path.name for path in folder.iterdir()} if folder.is_dir() else set()

    def source(self) -> SftpSource:
        (found,) = sources_at(load_registry(), self.endpoint)
        assert isinstance(found, SftpSource)
        return found

    def check(self) -> list[SourceCheck]:
        return list(self.source().check(self.home))


def make_home(
    server: RunningSftp, root: Path, tmp_path: Path, patch: pytest.MonkeyPatch
) -> SftpHome:
    """A home of its own, with a folder of its own at the server, which does nothing wrong."""
    server.faults = SftpFaults()
    feeds = with_slots_from(tmp_path / "feeds", "2026-10-27")
    one = SftpHome(tmp_path / "home", feeds, server, root, f"outgoing{next(_numbers)}", patch)
    one.folder.mkdir()
    patch.setenv("SITREP_HOME", str(one.home))
    patch.setenv("SITREP_FEEDS_DIR", str(feeds))
    settings.cache_clear()
    one.connect()
    one.configure()
    return one
