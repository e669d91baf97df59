"""Homes that simulated providers have sent days of files to, all of it drained."""

import re
from collections.abc import Iterator, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from pipelines.base.settings import PROJECT, settings
from pipelines.cli import main
from tests.support.warehouse import look_into


@dataclass(frozen=True)
class Call:
    """What one command ended with and said."""

    returncode: int
    stdout: str
    stderr: str


@dataclass(frozen=True)
class SimulatedHome:
    """One home, the feeds that send to it, and the clock."""

    home: Path
    feeds: Path
    now: str

    def call(self, *arguments: str) -> Call:
        """One command on the home, whatever it ends with.

        In this process, because importing Great Expectations takes longer than all else.
        """
        variables = {
            "SITREP_HOME": str(self.home),
            "SITREP_FEEDS_DIR": str(self.feeds),
            "SITREP_NOW": self.now,
            "SITREP_QUIET_SECONDS": "0",
        }
        out, errors = StringIO(), StringIO()
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(errors):
            for name, value in variables.items():
                patch.setenv(name, value)
            patch.setattr("sys.argv", ["sitrep", *arguments])
            settings.cache_clear()
            try:
                main()
            except SystemExit as end:
                code = int(end.code or 0)
        settings.cache_clear()
        return Call(code, out.getvalue(), errors.getvalue())

    def at(self, now: str) -> "SimulatedHome":
        """The same home at another time."""
        return SimulatedHome(self.home, self.feeds, now)

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        """The rows of a question to the working warehouse, which nothing else uses now."""
        with look_into(self.home) as connection:
            return connection.execute(sql).fetchall()

    def published(self, sql: str) -> list[tuple[Any, ...]]:
        """The rows of a question to the current publication."""
        path = (self.home / "publications" / "current.duckdb").resolve()
        with duckdb.connect(str(path), read_only=True) as connection:
            return connection.execute(sql).fetchall()


def with_slots_from(folder: Path, day: str) -> Path:
    """A copy of the project's feeds whose live ones are expected from that day on."""
    source = PROJECT / "pipelines" / "feeds"
    for path in source.rglob("*.yaml"):
        text = path.read_text("utf-8")
        target = folder / path.relative_to(source)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(re.sub(r"^slots_from: .*$", f"slots_from: {day}", text, flags=re.M))
    return folder


def change_feed(feeds: Path, feed: str, **changes: Any) -> None:
    """The feed's file says something else; None takes a key away."""
    path = feeds / f"{feed.replace('.', '/')}.yaml"
    content = yaml.safe_load(path.read_text("utf-8")) | changes
    kept = {name: value for name, value in content.items() if value is not None}
    path.write_text(yaml.safe_dump(kept, sort_keys=False, allow_unicode=True), "utf-8")


def runbook_queries() -> Iterator[str]:
    """The questions of the runbook that give no row when the promises hold."""
    text = (PROJECT / "docs" / "runbook.md").read_text("utf-8")
    chapter = text.split("## Do the promises hold?")[1].split("\n## ")[0]
    for block in re.findall(r"```sql\n(.*?)```", chapter, flags=re.S):
        yield from filter(None, (part.strip() for part in block.split(";")))


def failed(calls: Sequence[Call]) -> list[str]:
    """What the commands that could not run said."""
    return [call.stderr for call in calls if call.returncode not in (0, 1)]
