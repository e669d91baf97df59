"""Compiled templates: kept with their sources, never older than them, and never needed."""

import sys
from pathlib import Path

import pytest
from jinja2 import UndefinedError

from pipelines.base.templates import Templates

WORDS = {"name": "it's"}


@pytest.fixture(autouse=True)
def writes_bytecode(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.setattr(sys, "pycache_prefix", None)


@pytest.fixture
def template(tmp_path: Path) -> Path:
    path = tmp_path / "asked.sql"
    path.write_text("SELECT {{ name | text }}", encoding="utf-8")
    return path


def written(path: Path) -> str:
    """What a process that has just started writes with it."""
    return Templates({"text": lambda text: f"<{text}>"}).of(path).render(WORDS)


def compiled(path: Path) -> list[Path]:
    return sorted((path.parent / "__pycache__").glob(f"{path.name}.jinja-*"))


def test_a_template_is_compiled_once_for_all_processes(
    template: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert written(template) == "SELECT <it's>"
    assert len(compiled(template)) == 1
    monkeypatch.setattr("jinja2.Environment.compile", lambda *_, **__: pytest.fail("compiled"))
    assert written(template) == "SELECT <it's>"


def test_a_template_that_has_changed_is_compiled_anew(template: Path) -> None:
    written(template)
    template.write_text("SELECT 1, {{ name | text }}", encoding="utf-8")
    assert written(template) == "SELECT 1, <it's>"
    assert len(compiled(template)) == 1


@pytest.mark.parametrize("damage", [b"", b"j2", b"no bytecode at all " * 20])
def test_what_was_compiled_and_is_damaged_is_compiled_anew(template: Path, damage: bytes) -> None:
    written(template)
    (kept,) = compiled(template)
    sound = kept.read_bytes()
    for wrong in (damage, sound[: len(sound) // 2]):
        kept.write_bytes(wrong)
        assert written(template) == "SELECT <it's>"
        assert kept.read_bytes() == sound


def test_without_room_for_what_is_compiled_it_is_compiled_each_time(template: Path) -> None:
    (template.parent / "__pycache__").write_text("in the way", encoding="utf-8")
    assert written(template) == "SELECT <it's>"


def test_where_python_keeps_no_bytecode_none_is_kept(
    template: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    assert written(template) == "SELECT <it's>"
    assert not compiled(template)


def test_two_templates_of_one_name_do_not_meet(template: Path, tmp_path: Path) -> None:
    other = tmp_path / "other" / template.name
    other.parent.mkdir()
    other.write_text("DELETE {{ name | text }}", encoding="utf-8")
    assert (written(template), written(other)) == ("SELECT <it's>", "DELETE <it's>")
    assert (written(template), written(other)) == ("SELECT <it's>", "DELETE <it's>")


def test_a_word_that_is_not_given_is_an_error(template: Path) -> None:
    with pytest.raises(UndefinedError, match="name"):
        Templates({"text": str}).of(template).render()
