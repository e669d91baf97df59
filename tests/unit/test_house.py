"""The rules of the house that a reader would otherwise have to watch over."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

from pipelines.base.settings import PROJECT

FOLDERS = ("pipelines", "warehouse", "expectations", "dashboard", "dags")
MOST_LINES_OF_A_FILE = 300
MOST_LINES_OF_A_FUNCTION = 60
MOST_LINES_OF_SQL = 8

LONG_FOR_A_REASON = {
    "pipelines/cli/simulate_command.py simulate": "its options and their help are its signature",
}

_TEXTS = {".py", ".sql", ".yaml", ".md", ".toml", ".html", ".j2", ".csv"}
_SQL = re.compile(r"\b(SELECT|INSERT INTO|MERGE INTO|DELETE FROM|UPDATE|CREATE)\s")
_STALE_WORDS = re.compile(r"\bnoughts?\b", re.IGNORECASE)


TOP_LEVEL = frozenset(
    [
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "LICENSE",
        "Makefile",
        "README.md",
        "pyproject.toml",
        "requirements-bootstrap.in",
        "requirements-bootstrap.lock",
        "requirements.lock",
    ]
)


def test_nothing_stray_stands_at_the_top() -> None:
    found = {path.name for path in PROJECT.iterdir() if path.is_file()}
    assert {name for name in found if not name.startswith(".")} == TOP_LEVEL


def test_no_two_modules_have_one_file_name() -> None:
    modules = (path for path in _modules() if not path.name.startswith("__"))
    assert _said_twice((path.name, _name(path)) for path in modules) == {}


def test_no_two_classes_have_one_name() -> None:
    classes = (
        (node.name, _name(path))
        for path in _modules()
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ClassDef)
    )
    assert _said_twice(classes) == {}


def test_files_are_short() -> None:
    lengths = {_name(path): len(path.read_text("utf-8").splitlines()) for path in _modules()}
    long = {name for name, length in lengths.items() if length > MOST_LINES_OF_A_FILE}
    assert long == set()


def test_functions_are_short_or_have_a_reason() -> None:
    long = {
        f"{_name(path)} {node.name}"
        for path in _modules()
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        if (node.end_lineno or 0) - node.lineno >= MOST_LINES_OF_A_FUNCTION
    }
    assert long == set(LONG_FOR_A_REASON)


def test_no_finding_has_the_code_of_another() -> None:
    from pipelines.findings import cell_kinds, file_kinds, row_kinds, sheet_kinds

    kinds = (
        (kind.code, kind.title)
        for module in (cell_kinds, file_kinds, row_kinds, sheet_kinds)
        for name, own in vars(module).items()
        if name.endswith("_KINDS")
        for kind in own
    )
    assert _said_twice(kinds) == {}


def test_long_sql_stands_in_sql_files() -> None:
    long = {
        f"{_name(path)}:{node.lineno}"
        for path in _modules()
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant | ast.JoinedStr) and _SQL.search(ast.unparse(node))
        if (node.end_lineno or 0) - node.lineno >= MOST_LINES_OF_SQL
    }
    assert long == set()


def test_zero_is_called_zero() -> None:
    here = Path(__file__)
    old = {
        _name(path)
        for path in _texts()
        if path != here and _STALE_WORDS.search(path.read_text("utf-8"))
    }
    assert old == set()


def test_settings_are_read_in_one_place() -> None:
    own = {"pipelines/base/settings.py", "pipelines/base/switches.py"}
    reading = {
        _name(path)
        for path in _modules()
        if re.search(r"(environ|getenv)\b.{0,20}SITREP_", path.read_text("utf-8"), re.DOTALL)
    }
    assert reading == own


def _modules() -> list[Path]:
    found = [path for folder in FOLDERS for path in sorted((PROJECT / folder).rglob("*.py"))]
    assert len(found) > 100
    return found


def _texts() -> Iterator[Path]:
    for folder in (*FOLDERS, "docs", "tests"):
        for path in (PROJECT / folder).rglob("*"):
            if path.suffix in _TEXTS and path.is_file():
                yield path
    yield from (PROJECT / "README.md", PROJECT / "CHANGELOG.md")


def _name(path: Path) -> str:
    return path.relative_to(PROJECT).as_posix()


def _said_twice(named: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """Each name that stands in more than one place, with its places."""
    places = defaultdict(list)
    for name, place in named:
        places[name].append(place)
    return {name: there for name, there in places.items() if len(there) > 1}
