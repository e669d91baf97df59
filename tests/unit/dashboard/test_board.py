"""The board's configuration names what there is, and its words read well."""

import pytest
from pydantic import ValidationError

from dashboard.board import Standard, board
from pipelines.registry.registry import load_registry


def test_what_is_shown_first_is_in_the_contracts() -> None:
    collections = load_registry().collections
    for name, told in board().collections.items():
        contract = collections[name]
        known = {one.name for one in contract.measures} | {one.name for one in contract.ratios}
        assert not set(told.headline) - known, name
    assert not collections.keys() - board().collections.keys()


def test_a_standard_is_of_a_measure_that_is_shown_first() -> None:
    for standard in board().standards:
        collection, _, measure = standard.measure.partition(".")
        assert measure in board().headline(collection), standard.measure


@pytest.mark.parametrize(
    ("measure", "label"),
    [
        ("ga_bed_occupancy", "G&A bed occupancy"),
        ("response_c2_mean", "Response C2 mean"),
        ("conveyed_to_ed", "Conveyed to ED"),
        ("opel_level", "OPEL level"),
        ("ambulances_waiting_over_30_minutes", "Ambulances waiting over 30 minutes"),
    ],
)
def test_a_label_is_the_name_in_words(measure: str, label: str) -> None:
    assert board().label(measure) == label


def test_a_standard_has_one_side() -> None:
    least = Standard(measure="a.b", at_least=95, source="x")
    most = Standard(measure="a.b", at_most=5, source="x")
    assert [least.is_met(value) for value in (94.9, 95, 96)] == [False, True, True]
    assert [most.is_met(value) for value in (4.9, 5, 5.1)] == [True, True, False]
    for sides in ({}, {"at_least": 1, "at_most": 2}):
        with pytest.raises(ValidationError, match="either at_least or at_most"):
            Standard(measure="a.b", source="x", **sides)


def test_the_words_of_health_are_those_of_the_feeds() -> None:
    """`feed_status.health` in warehouse/marts/feed_status.sql."""
    told = {"ok", "late", "gaps", "silent", "nothing yet", "unscheduled", "suspended", "retired"}
    assert set(board().health) == told
    assert board().health_told("another") == "another"
