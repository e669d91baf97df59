"""Samples of many hands become feeds whose every cell is right; what has two readings is asked."""

from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines.onboard.table_choice import is_total
from pipelines.registry.registry import load_registry
from tests.support import onboarding_hands
from tests.support.each_time import others_are_long
from tests.support.onboarding_measured import measure
from tests.support.onboarding_samples import HandSample

MOST_EDITS = 3


EACH_TIME = (
    onboarding_hands.merged_header,
    onboarding_hands.supplier_api,
    onboarding_hands.spanish_exporter,
    onboarding_hands.excel_user,
    onboarding_hands.two_rows_of_beds,
    onboarding_hands.no_units,
)
"""Hands that are tried each time: each writes in another way."""


@pytest.mark.parametrize("hand", others_are_long(onboarding_hands.HANDS, *EACH_TIME))
def test_nothing_is_read_wrongly_and_few_edits_make_it_whole(
    hand: Callable[[], HandSample], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sample = hand()
    monkeypatch.setenv("SITREP_NOW", sample.now)
    registry = load_registry()

    bare = measure(registry, sample, tmp_path, {})
    assert (bare.wrong, bare.cells_wrong) == ((), ())
    for heading in sample.never:
        assert heading in (*bare.made.draft.unknown, *bare.made.draft.ignored, *asked(bare.made))

    assert len(sample.answers) <= MOST_EDITS
    whole = measure(registry, sample, tmp_path, dict(sample.answers)) if sample.answers else bare
    assert (whole.wrong, whole.cells_wrong, whole.left_open) == ((), (), ())
    assert whole.made.questions == ()
    assert (whole.right, whole.cells_right) == (len(sample.headings), whole.cells)
    assert whole.status == "accepted", whole.lines


def asked(made: "object") -> list[str]:
    """The headings that a question offers."""
    return [choice for one in getattr(made, "questions") for choice in one.choices]  # noqa: B009


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Total", True),
        ("Week total", True),
        ("ENGLAND", True),
        ("Average", True),
        ("Sub-total", True),
        ("RX9", False),
        ("20/11/2026", False),
        ("All", True),
        ("EMAS total", True),
        ("Totnes Community Hospital", False),
        ("All Saints Hospital", False),
        ("Grand Union Hospital", False),
    ],
)
def test_lines_of_totals_are_known_by_their_first_cell(text: str, expected: bool) -> None:
    assert is_total(text) is expected
