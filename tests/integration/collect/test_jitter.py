"""Pauses are longer by lot and never shorter, so that those sent away together come apart."""

from email.utils import format_datetime

import pytest

from pipelines.base.clock import now
from pipelines.collect.addresses import http_client
from pipelines.collect.addresses.http_client import HttpClient
from tests.support.asked_source import Reply, running_source

GIVEN = Reply(200, b"content")


@pytest.mark.parametrize(
    ("lot", "expected"),
    [(0.0, [1, 2]), (0.5, [1.25, 2.5]), (1.0, [1.5, 3])],
)
def test_ordinary_pauses(
    monkeypatch: pytest.MonkeyPatch, lot: float, expected: list[float]
) -> None:
    assert pauses(monkeypatch, lot, Reply(503), Reply(503), GIVEN) == expected


@pytest.mark.parametrize(("lot", "expected"), [(0.0, [7, 9]), (0.5, [8.75, 11.25]), (1.0, [10.5])])
def test_retry_after_is_kept_to_at_least(
    monkeypatch: pytest.MonkeyPatch, lot: float, expected: list[float]
) -> None:
    """Where both together are longer than a run tries, the second is left to the next."""
    monkeypatch.setenv("SITREP_NOW", "2026-11-17T08:00:00Z")
    date = format_datetime(now().replace(second=9), usegmt=True)
    waits = Reply(429, headers={"Retry-After": "7"}), Reply(503, headers={"Retry-After": date})
    found = pauses(monkeypatch, lot, *waits, GIVEN)
    assert found[: len(expected)] == expected
    assert all(pause >= told for pause, told in zip(found, (7, 9), strict=True))


def test_no_pause_at_all_is_still_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    at_once = Reply(429, headers={"Retry-After": "0"})
    assert pauses(monkeypatch, 0.5, at_once, GIVEN) == [0.25]


def pauses(monkeypatch: pytest.MonkeyPatch, lot: float, *replies: Reply) -> list[float]:
    found: list[float] = []
    monkeypatch.setattr(http_client, "sleep", found.append)
    monkeypatch.setattr(http_client, "lot", lambda: lot)
    with running_source() as source, HttpClient(5.0, None) as client:
        source.replies[("/r0a", "")] = list(replies)
        assert client.ask(f"{source.host}/r0a") == b"content"
    return found
