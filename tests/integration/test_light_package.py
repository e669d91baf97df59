"""The package without the whole: what it needs, what it holds, and what it says of the rest."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from pipelines.base.settings import PROJECT
from tests.attack.fuzz.originals import MOMENT, WINTER, Original, originals

HEAVY = ("pyarrow", "pandas", "numpy", "duckdb", "great_expectations", "airflow", "scipy", "boto3")
"""What a check imports nothing of; each is larger than all that it needs."""

_WITHOUT_THE_WHOLE = """
import sys
class Without:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {heavy!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Without())
from pipelines.cli.app import _run
sys.exit(_run(sys.argv[1:]))
"""


def run_light(home: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """A command where none of the heavy libraries can be imported."""
    return subprocess.run(
        [sys.executable, "-c", _WITHOUT_THE_WHOLE.format(heavy=HEAVY), *map(str, arguments)],
        check=False,
        capture_output=True,
        text=True,
        cwd=PROJECT,
        env={**os.environ, "SITREP_HOME": str(home), "SITREP_NOW": MOMENT},
        timeout=60,
    )


def of_form(form: str) -> Original:
    """A valid file of the form that a table has."""
    return next(one for one in originals() if one.form == form and "winter" not in one.feed_id)


@pytest.mark.parametrize("form", ["csv", "xlsx", "json", "xls", "ods"])
def test_a_check_needs_nothing_heavy(tmp_path: Path, form: str) -> None:
    one = of_form(form)
    file = tmp_path / one.name
    file.write_bytes(one.content)
    done = run_light(
        tmp_path / "home", "feeds", "check", one.feed_id, file, "--json", "--html",
        tmp_path / "report.html",
    )  # fmt: skip
    assert done.stderr == ""
    assert json.loads(done.stdout)["files"][0]["rows"]["accepted"] > 0
    assert (tmp_path / "report.html").stat().st_size > 5_000


def test_a_winter_workbook_needs_the_whole_and_is_not_refused(tmp_path: Path) -> None:
    one = next(one for one in originals() if one.feed_id == WINTER[0])
    file = tmp_path / one.name
    file.write_bytes(one.content)
    done = run_light(tmp_path / "home", "feeds", "check", one.feed_id, file)
    assert (done.returncode, done.stdout) == (2, "")
    assert "needs the whole" in done.stderr


@pytest.mark.parametrize("command", ["status", "publish", "check", "drain"])
def test_a_command_of_the_whole_says_what_to_install(tmp_path: Path, command: str) -> None:
    done = run_light(tmp_path / "home", command)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"'sitrep {command}' needs the whole: pip install 'uec-feeds[airflow]'" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_wheel_holds_contracts_feeds_templates_and_queries(tmp_path: Path) -> None:
    source = tmp_path / "source"
    packages = ("pipelines", "warehouse", "expectations", "dashboard")
    kept = [
        str(path.relative_to(PROJECT))
        for package in packages
        for path in sorted((PROJECT / package).rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts and path.name[0] != "."
    ]
    for name in [*kept, "pyproject.toml", "README.md", "LICENSE"]:
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_bytes((PROJECT / name).read_bytes())
    build = "from setuptools.build_meta import build_wheel; import sys; build_wheel(sys.argv[1])"
    subprocess.run(
        [sys.executable, "-c", build, str(tmp_path)], check=True, capture_output=True, cwd=source
    )
    (wheel,) = tmp_path.glob("*.whl")
    held = set(zipfile.ZipFile(wheel).namelist())
    assert [one for one in kept if one not in held] == []
