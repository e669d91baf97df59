"""How many threads DuckDB has while the warehouse is open."""

from pathlib import Path

import pytest

from pipelines.base.settings import settings
from warehouse.store.connection import open_warehouse


def _threads(home: Path, asked: int | None) -> int:
    """The threads that DuckDB has while the warehouse is open for so many."""
    with open_warehouse(home, threads=asked) as connection:
        ((threads,),) = connection.execute("SELECT current_setting('threads')").fetchall()
    return int(threads)


def test_who_asks_for_threads_has_them_and_the_next_has_one_for_each_core(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SITREP_DUCKDB_THREADS", raising=False)
    settings.cache_clear()
    usual = _threads(home, None)
    assert _threads(home, usual + 2) == usual + 2
    assert _threads(home, 1) == 1
    assert _threads(home, None) == usual


def test_a_setting_says_it_for_all(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SITREP_DUCKDB_THREADS", "3")
    settings.cache_clear()
    assert _threads(home, 1) == 3
    assert _threads(home, None) == 3
