"""Parsed configuration: kept for the project's own files, never older than them, never needed."""

import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from pipelines.base import parsed_files, yaml_nodes
from pipelines.base.errors import ConfigurationError
from pipelines.base.yamlfile import Document, Strict

TEXT = "title: x\nstart: 2018-12-03\nparts:\n  - {name: a, size: 1}\n  - null\n  - true\n"
CONTENT = {
    "title": "x",
    "start": date(2018, 12, 3),
    "parts": [{"name": "a", "size": 1}, None, True],
}


class Titled(Strict):
    title: str


@pytest.fixture(autouse=True)
def of_the_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.setattr(sys, "pycache_prefix", None)
    monkeypatch.setattr(parsed_files, "_PROJECT", tmp_path)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "one.yaml"
    path.write_text(TEXT, encoding="utf-8")
    return path


@pytest.fixture
def parsings(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The files that were parsed."""
    really, parsed = yaml_nodes.compose, []

    def compose(path: Path, text: str) -> Any:
        parsed.append(path)
        return really(path, text)

    monkeypatch.setattr(yaml_nodes, "compose", compose)
    return parsed


def left(path: Path) -> list[Path]:
    return sorted(path.parent.rglob("*parsed*"))


def test_a_file_is_parsed_once_for_all_processes(path: Path, parsings: list[Path]) -> None:
    assert Document(path).content == CONTENT
    assert Document(path).content == CONTENT
    assert parsings == [path]
    assert [kept.parent.name for kept in left(path)] == ["__pycache__"]


def test_a_file_that_has_changed_is_parsed_anew(path: Path, parsings: list[Path]) -> None:
    Document(path)
    path.write_text(TEXT.replace("x", "y"), encoding="utf-8")
    assert Document(path).content == {**CONTENT, "title": "y"}
    assert Document(path).content == {**CONTENT, "title": "y"}
    assert len(parsings) == 2
    assert len(left(path)) == 1


@pytest.mark.parametrize("place", [0, 70, -2])
def test_what_was_kept_and_is_damaged_is_made_anew(path: Path, place: int) -> None:
    Document(path)
    (kept,) = left(path)
    sound = kept.read_bytes()
    flipped = bytearray(sound)
    flipped[place] ^= 1
    for wrong in (bytes(flipped), sound[:place], b"", b"no digest"):
        kept.write_bytes(wrong)
        assert Document(path).content == CONTENT
        assert kept.read_bytes() == sound


def test_a_mistake_in_what_was_kept_is_told_with_its_line(path: Path) -> None:
    for _ in range(2):
        with pytest.raises(ConfigurationError, match=r"one\.yaml:3: parts: Extra inputs"):
            Document(path).as_model(Titled)


@pytest.mark.parametrize(
    "text", ["at: 2018-12-03 10:00:00\n", "size: 1.5\n", '"": x\n', "tags: !!set {a, b}\n"]
)
def test_what_json_would_change_is_parsed_each_time(
    path: Path, text: str, parsings: list[Path]
) -> None:
    path.write_text(text, encoding="utf-8")
    assert Document(path).content == Document(path).content
    assert len(parsings) == 2
    assert not left(path)


def test_beside_configuration_of_others_nothing_is_written(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parsed_files, "_PROJECT", tmp_path / "project")
    assert Document(path).content == CONTENT
    assert not left(path)


def test_without_room_a_file_is_parsed_each_time(path: Path, parsings: list[Path]) -> None:
    (path.parent / "__pycache__").write_text("in the way", encoding="utf-8")
    for _ in range(2):
        assert Document(path).content == CONTENT
    assert len(parsings) == 2


def test_where_python_keeps_no_bytecode_nothing_is_kept(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    assert Document(path).content == CONTENT
    assert not left(path)
