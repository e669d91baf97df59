"""What the documentation names is there."""

import re
from pathlib import Path

import pytest
import typer

from pipelines.base.settings import PROJECT
from pipelines.cli.app import make_app

PAGES = [PROJECT / "README.md", *sorted((PROJECT / "docs").rglob("*.md"))]
_PATH = re.compile(r"`([a-z][\w./-]*/[\w.-]+\.(?:py|sql|yaml|md|csv|toml))`")
_LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(PROJECT)))
def test_paths_and_links_lead_somewhere(page: Path) -> None:
    text = page.read_text("utf-8")
    lost = [path for path in _PATH.findall(text) if not (PROJECT / path).exists()]
    lost += [link for link in _LINK.findall(text) if not (page.parent / link).exists()]
    assert lost == []


@pytest.mark.parametrize(
    "record", sorted((PROJECT / "docs" / "adr").glob("*.md")), ids=lambda p: p.name
)
def test_a_decision_record_has_a_status(record: Path) -> None:
    line = record.read_text("utf-8").splitlines()[2]
    assert re.match(r"Status: (accepted|superseded by \d+)", line)


def test_every_command_is_in_the_table_of_the_readme_and_none_more() -> None:
    rows = re.findall(
        r"^\| (`sitrep .*?`) \|", (PROJECT / "README.md").read_text("utf-8"), re.MULTILINE
    )
    told = {name for row in rows for name in re.findall(r"`sitrep ([a-z-]+)", row)}
    assert told == set(typer.main.get_command(make_app()).commands)  # type: ignore[attr-defined]
