"""Every block of the documentation does what it says: commands run, YAML is taken, SQL answers.

A page that another test names has its blocks run there.
"""

import re
import shlex
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from dashboard.access.access_settings import AccessSettings
from pipelines import steps
from pipelines.base.settings import PROJECT, Settings, settings
from pipelines.cli.app import _run
from pipelines.registry.registry import load_registry
from tests.support.small_slots import FIRST_FILE, write_slots
from warehouse.store.question import ask
from warehouse.store.warehouse_reader import read_warehouse

NOW = "2026-11-26T12:00:00Z"
FINE = (0, 1)
"""A file that is refused is no mistake of the page that shows it."""
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_OUTSIDE = re.compile(r"(?<![\w.:/])/(?:tmp|mnt|srv|etc)/")


@dataclass(frozen=True)
class Block:
    """What stands between fences on a page."""

    page: str
    line: int
    kind: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def blocks_of(page: Path) -> list[Block]:
    text = page.read_text("utf-8")
    return [
        Block(page.name, text[: found.start()].count("\n") + 1, found[1], found[2])
        for found in _BLOCK.finditer(text)
    ]


def _run_elsewhere() -> set[str]:
    tests = [path for path in (PROJECT / "tests").rglob("test_*.py") if path != Path(__file__)]
    text = "\n".join(path.read_text("utf-8") for path in tests)
    return {page.name for page in (PROJECT / "docs").glob("*.md") if f'"{page.name}"' in text}


PAGES = [
    PROJECT / "README.md",
    PROJECT / "CONTRIBUTING.md",
    *(one for one in sorted((PROJECT / "docs").glob("*.md")) if one.name not in _run_elsewhere()),
]
BLOCKS = [block for page in PAGES for block in blocks_of(page)]


def of_kind(kind: str) -> list[Block]:
    return [block for block in BLOCKS if block.kind == kind]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with one file loaded and published, to copy."""
    folder = tmp_path_factory.mktemp("docs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SITREP_HOME", str(folder / "home"))
        patch.setenv("SITREP_NOW", NOW)
        settings.cache_clear()
        slots = ("2026-11-26T11:15:00Z", "2026-11-26T11:30:00Z")
        file = write_slots(folder / FIRST_FILE.replace("20190308", "20261126"), slots=slots)
        steps.land_files([file])
        steps.drain()
        steps.publish()
    settings.cache_clear()
    return folder / "home"


@pytest.fixture
def place(prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder to stand in, with that home and a file of a provider."""
    home = Path(shutil.copytree(prepared, tmp_path / "home", symlinks=True))
    monkeypatch.setenv("SITREP_HOME", str(home))
    monkeypatch.setenv("SITREP_NOW", NOW)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file.csv").write_text("org_code,report_date,calls_answered\nRX9,2026-11-25,9\n")
    settings.cache_clear()
    yield tmp_path
    settings.cache_clear()


def words_of(line: str, place: Path) -> list[str]:
    """The words of a line of a shell, with folders of the machine moved into the place."""
    words = shlex.split(_OUTSIDE.sub(lambda found: f"{place}{found[0]}", line), comments=True)
    return [found for word in words for found in expanded(word)]


def expanded(word: str) -> list[str]:
    """The files that the word means, as a shell expands it; else the word itself."""
    if "*" not in word or not word.startswith("/"):
        return [word]
    return sorted(map(str, Path("/").glob(word.removeprefix("/"))))


@pytest.mark.parametrize("block", of_kind("sh"), ids=str)
def test_commands_of_a_page_run(block: Block, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    targets = re.findall(r"^([a-z-]+):", (PROJECT / "Makefile").read_text("utf-8"), re.MULTILINE)
    for line in block.text.splitlines():
        words = words_of(line, place)
        if words[:1] == ["export"]:
            for word in words[1:]:
                set_known(word, monkeypatch)
            continue
        with monkeypatch.context() as patch:
            while words and re.match(r"[A-Z_]+=", words[0]):
                set_known(words.pop(0), patch)
            if words[:1] == ["make"]:
                assert words[1] in targets, line
            elif words:
                assert words[0] in ("sitrep", ".venv/bin/sitrep"), line
                settings.cache_clear()
                assert _run(shortened(words[1:])) in FINE, line
        settings.cache_clear()


def set_known(word: str, patch: pytest.MonkeyPatch) -> None:
    """The setting has that value; it is one that the project reads."""
    name, _, value = word.partition("=")
    known = {f"SITREP_{field}".upper() for field in Settings.model_fields}
    known |= {f"SITREP_DASHBOARD_{field}".upper() for field in AccessSettings.model_fields}
    assert name in known | {"SITREP_DASHBOARD_URL"}, name
    patch.setenv(name, value)


def shortened(arguments: list[str]) -> list[str]:
    """The command, so that it takes no longer than a test may."""
    is_long = arguments[0] == "simulate" and "--from" in arguments
    return [*arguments, "--collection", "ambulance_sitrep"] if is_long else arguments


@pytest.mark.parametrize("block", of_kind("yaml"), ids=str)
def test_yaml_of_a_page_is_taken(
    block: Block, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = yaml.safe_load(block.text)
    if "groups" in document:
        from dashboard.access.visitor import read_roles

        path = place / "roles.yaml"
        path.write_text(block.text, "utf-8")
        assert read_roles(path)
        return
    assert "source" in document, f"{block}: what is it?"
    told = str(document["source"])
    (collection,) = [name for name in load_registry().collections if name in told]
    folder = Path(shutil.copytree(settings().feeds_dir, place / "feeds"))
    code = document["provider"]["code"].lower()
    (folder / collection / f"{code}.yaml").write_text(block.text, "utf-8")
    monkeypatch.setenv("SITREP_FEEDS_DIR", str(folder))
    settings.cache_clear()
    registry = load_registry()
    assert [problem.message for problem in registry.problems] == []
    assert registry.feed(f"{collection}.{code}").title == document["title"]


@pytest.mark.parametrize("block", of_kind("sql"), ids=str)
def test_sql_of_a_page_answers(block: Block, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    statements = [one.strip() for one in block.text.split(";") if one.strip()]
    if "ATTACH" not in block.text:
        # The promises: each question finds what breaks one.
        with read_warehouse(settings().root) as reader:
            assert [list(ask(reader, one)[1]) for one in statements] == [[]] * len(statements)
        return
    import duckdb

    monkeypatch.chdir(settings().root)
    with duckdb.connect() as connection:
        for one in statements:
            connection.execute(one)


@pytest.mark.parametrize("block", of_kind("python"), ids=str)
def test_python_of_a_page_runs(block: Block, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = compile(block.text, str(block), "exec")
    if "import" in block.text:
        monkeypatch.chdir(settings().root)
        exec(code, {})


def test_every_kind_of_block_is_run() -> None:
    assert {block.kind for block in BLOCKS} == {"sh", "yaml", "sql", "python"}
