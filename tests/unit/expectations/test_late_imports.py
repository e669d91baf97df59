"""What Great Expectations imports and nobody uses is read when it is used, and then is itself."""

import subprocess
import sys

import pytest

from expectations.late_imports import LateModule, imported_late, not_imported
from pipelines.base.settings import PROJECT

ASKS = """
import sys
from expectations.engine import define_batch
batch = define_batch()
assert not {"altair", "psycopg2", "scipy.stats", "sqlalchemy"} & set(sys.modules)
import pandas as pd
from great_expectations import expectations as gxe
rule = gxe.ExpectColumnKLDivergenceToBeLessThan(
    column="a", partition_object={"values": ["x", "y"], "weights": [0.5, 0.5]}, threshold=0.1
)
found = batch.get_batch({"dataframe": pd.DataFrame({"a": list("xyxy")})}).validate(rule)
assert found.success, found
import scipy.stats
assert scipy.stats.norm.mean() == 0
assert type(sys.modules["scipy.stats"]).__name__ == "module"
import sqlalchemy
assert sqlalchemy.select
"""


def test_great_expectations_starts_without_its_statistics_and_has_them_when_asked() -> None:
    done = subprocess.run(
        [sys.executable, "-c", ASKS], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_a_module_that_was_bound_late_is_itself_afterwards(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delitem(sys.modules, "this", raising=False)
    with imported_late("this", "json", "no_such_module"):
        import json
        import this

        import no_such_module  # type: ignore[import-not-found]

        assert isinstance(this, LateModule)
        assert not isinstance(json, LateModule), "what was read before stays"
    assert not {"this", "no_such_module"} & set(sys.modules)
    name = "anything"
    assert this.s.startswith("Gur Mra"), "it is read by its first use"
    with pytest.raises(ModuleNotFoundError, match="no_such_module"):
        getattr(no_such_module, name)
    with pytest.raises(ModuleNotFoundError, match="no_such_module"):
        import no_such_module as again  # noqa: F401


def test_a_module_that_is_not_to_be_found_is_itself_afterwards(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delitem(sys.modules, "this", raising=False)
    with not_imported("this", "json"):
        import json

        with pytest.raises(ModuleNotFoundError, match="this"):
            import this
    assert json.dumps([]) == "[]", "what was read before stays"
    import this

    assert this.s.startswith("Gur Mra")


def test_a_module_is_found_again_after_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "this", raising=False)
    with pytest.raises(RuntimeError), not_imported("this"):
        raise RuntimeError
    assert "this" not in sys.modules
