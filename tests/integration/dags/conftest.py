"""A task takes its connections from Airflow for the rest of its process: here, of its test."""

import pytest

from pipelines.base import connections


@pytest.fixture(autouse=True)
def _resolver_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "_resolver", connections.from_environment)
