"""No pause is longer by lot, unless a test says so: the others compare pauses as they are."""

import pytest

from pipelines.collect import http_client


@pytest.fixture(autouse=True)
def _no_jitter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_client, "lot", lambda: 0.0)
