"""A sweep looks for what was refused lately, and for all else in turn: its cost stays bounded."""

from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines.base.errors import WarehouseBusy
from pipelines.base.locks import held_lock
from pipelines.landing.landing import Delivery, Landing
from pipelines.registry.registry import load_registry
from pipelines.withheld.sweep import sweep, sweep_if_refused

FEED = "acute_realtime.r0a"
LookedFor = Callable[[], set[str]]


def refuse(landing: Landing, names: range) -> list[str]:
    """So many contents are withheld; their hashes."""
    landed = landing.land_all([Delivery(b"secret %d" % n, f"{n}.csv", FEED, "in") for n in names])
    for one in landed:
        landing.withhold(one, "a reason")
    return [one.sha256 for one in landed]


@pytest.fixture
def landing(home: Path) -> Landing:
    return Landing(home)


@pytest.fixture
def looked_for(landing: Landing, monkeypatch: pytest.MonkeyPatch) -> LookedFor:
    """The hashes that were looked for since the last time it was asked."""
    hashes: set[str] = set()
    really = landing.objects.drop_withheld

    def drop_withheld(sha256: str) -> int:
        hashes.add(sha256)
        return really(sha256)

    monkeypatch.setattr(landing.objects, "drop_withheld", drop_withheld)

    def since() -> set[str]:
        found = set(hashes)
        hashes.clear()
        return found

    return since


def test_after_a_refusal_only_its_part_is_swept(landing: Landing, looked_for: LookedFor) -> None:
    refused = refuse(landing, range(300))
    assert sweep_if_refused(landing, load_registry()) is not None
    assert looked_for() == set(refused)
    assert sweep_if_refused(landing, load_registry()) is None
    (new,) = refuse(landing, range(300, 301))
    sweep_if_refused(landing, load_registry())
    assert looked_for() == {one for one in [*refused, new] if one[:2] == new[:2]}


def test_one_process_sweeps_at_a_time(landing: Landing, looked_for: LookedFor) -> None:
    refused = set(refuse(landing, range(3)))
    with held_lock(landing.home, "sweep", WarehouseBusy, "A sweep"):
        assert sweep_if_refused(landing, load_registry()) is None
    assert looked_for() == set()
    sweep_if_refused(landing, load_registry())
    assert looked_for() == refused, "the next run does it"


def test_each_has_its_turn(landing: Landing, looked_for: LookedFor) -> None:
    refused = set(refuse(landing, range(300)))
    sweep(landing, load_registry())
    assert looked_for() == refused
    found: set[str] = set()
    for _ in range(6):
        sweep(landing, load_registry())
        own = looked_for()
        assert 50 <= len(own) < 70
        found |= own
    assert found == refused


def test_a_few_are_looked_for_each_time(landing: Landing, looked_for: LookedFor) -> None:
    refused = set(refuse(landing, range(20)))
    for _ in range(2):
        sweep(landing, load_registry())
        assert looked_for() == refused


def test_the_note_of_an_earlier_version_makes_all_new(
    landing: Landing, looked_for: LookedFor, caplog: pytest.LogCaptureFixture
) -> None:
    refused = set(refuse(landing, range(3)))
    landing.refused.with_name(".swept").write_bytes(b"0" * 64)
    sweep_if_refused(landing, load_registry())
    assert looked_for() == refused
    assert caplog.text == ""
