"""The digest that says whether the code lists have changed."""

import shutil
from pathlib import Path

import pytest

from pipelines.reference import codes
from warehouse.store import reference_tables


def test_the_digest_follows_the_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for table in codes.TABLES:
        shutil.copy(codes.FOLDER / f"{table}.csv", tmp_path)
    monkeypatch.setattr(reference_tables, "FOLDER", tmp_path)
    before = reference_tables._digest()
    with (tmp_path / "contract_area.csv").open("a", encoding="utf-8") as file:
        file.write("111ZZZ,Somewhere,Y56,QZZ\n")
    assert reference_tables._digest() != before
