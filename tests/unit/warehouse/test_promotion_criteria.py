"""Each criterion of a promotion says whether it is met, with its figures."""

from typing import Any

import pytest

from pipelines.findings.finding_kinds import KINDS
from pipelines.registry.promotion import Promotion
from pipelines.registry.registry import load_registry
from warehouse.marts.shadow.criteria import Criterion, Evidence, judge_evidence

WANTED = Promotion(
    slots=14,
    least_on_time_pct=90,
    least_accepted_rows_pct=99,
    codes_excluded=("ROW-002", "CELL-009"),
    least_agreement_pct=95,
    references=({"collection": "ambulance_handover", "measures": {"a": "b"}},),
)
SOUND: dict[str, Any] = {
    "slots": 14, "on_time": 14, "files": 14, "rows_accepted": 140,
    "references": ("ambulance_handover", "acute_realtime"),
    "compared_with": ("ambulance_handover",),
}  # fmt: skip


def judged(wanted: Promotion | None = WANTED, **seen: Any) -> dict[str, Criterion]:
    return {one.name: one for one in judge_evidence(wanted, 14, Evidence(**SOUND | seen))}


def test_sound_evidence_meets_all_and_what_cannot_be_compared_keeps_nobody() -> None:
    verdicts = {name: one.verdict for name, one in judged().items()}
    assert verdicts == {
        "slots": "met",
        "on time": "met",
        "accepted rows": "met",
        "findings": "met",
        "agreement": "not judged",
    }


@pytest.mark.parametrize(
    ("name", "seen", "verdict", "told"),
    [
        ("slots", {"slots": 13, "on_time": 13}, "not met", "1 more are needed."),
        (
            "on time",
            {"on_time": 12, "late": 1, "missing": 1},
            "not met",
            "12 of 14 slots came on time (85.7%), 1 late, 1 not at all; at least 90% are wanted.",
        ),
        ("on time", {"on_time": 13, "late": 1}, "met", "(92.8%)"),
        ("on time", {"slots": 0, "on_time": 0}, "not met", "No expected slot is over yet."),
        (
            "accepted rows",
            {"rows_accepted": 9899, "rows_kept_out": 101},
            "not met",
            "9,899 of 10,000 rows were loaded (98.9%), 101 were kept out; at least 99% are wanted.",
        ),
        ("accepted rows", {"rows_accepted": 99, "rows_kept_out": 1}, "met", "(99%)"),
        ("accepted rows", {"rows_accepted": 0, "files": 0}, "not met", "and no row."),
        ("accepted rows", {"refused": 3}, "met", "3 of 14 files were refused."),
        ("findings", {"findings": {"HEAD-006": 20}}, "met", "HEAD-006 ×20. None of these"),
        (
            "findings",
            {"findings": {"HEAD-006": 20, "CELL-009": 2}},
            "not met",
            "These must not occur, and did: CELL-009 ×2.",
        ),
        ("agreement", {}, "not judged", "There is nothing to compare with"),
        ("agreement", {"compared": 40, "agreeing": 38}, "met", "with ambulance_handover (95%)"),
        (
            "agreement",
            {"compared": 40, "agreeing": 37, "farthest": ("a of R1F is 3, and that has 9",)},
            "not met",
            "(92.5%); at least 95% are wanted. Farthest off: a of R1F is 3, and that has 9.",
        ),
    ],
)  # fmt: skip
def test_a_criterion(name: str, seen: dict[str, Any], verdict: str, told: str) -> None:
    found = judged(**seen)[name]
    assert found.verdict == verdict
    assert told in found.told


def test_a_share_that_is_just_too_small_does_not_look_met() -> None:
    found = judged(rows_accepted=98_999, rows_kept_out=1_001)["accepted rows"]
    assert found.verdict == "not met"
    assert "(98.9%)" in found.told


def test_without_criteria_the_figures_are_told_and_nothing_is_judged() -> None:
    found = judged(None, late=1)
    assert {one.verdict for one in found.values()} == {"not judged"}
    assert "wanted" not in found["on time"].told


def test_the_contracts_exclude_codes_and_name_measures_that_there_are() -> None:
    collections = load_registry().collections
    kinds = {kind.code for kind in KINDS.values()}
    for collection in collections.values():
        promotion = collection.promotion
        assert promotion is not None, f"{collection.collection} states no criteria"
        rules = {rule.code for rule in collection.rules}
        assert set(promotion.codes_excluded) <= kinds | rules
        for reference in promotion.references:
            there = {one.name for one in collections[reference.collection].measures}
            assert set(reference.measures.values()) <= there
