"""Settings come from the environment, and what one command sets goes on to its children."""

import os
from pathlib import Path

import pytest

from pipelines.base.settings import pass_on, published_data_folder, settings
from pipelines.base.switches import fixed_time


def test_a_setting_that_is_passed_on_counts_here_and_in_children(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SITREP_FEEDS_DIR", "before")
    assert settings().feeds_dir == Path("before")
    pass_on("feeds_dir", "after")
    assert settings().feeds_dir == Path("after")
    assert os.environ["SITREP_FEEDS_DIR"] == "after"


def test_the_switches_are_read_anew_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SITREP_NOW", "2026-11-17T08:00Z")
    assert fixed_time() == "2026-11-17T08:00Z"
    monkeypatch.setenv("SITREP_NOW", "")
    assert fixed_time() is None


def test_the_published_data_is_where_the_environment_says(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SITREP_REAL_DATA", str(tmp_path))
    assert published_data_folder() == tmp_path
    monkeypatch.setenv("SITREP_REAL_DATA", "")
    assert published_data_folder().name == "data"
