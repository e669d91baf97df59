"""A rule without a contract around it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from pipelines.validate.suite import RuleOutcome, run_rules


@dataclass(frozen=True)
class ARule:
    expectation: str
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    code: str = "TST-001"


def run(expectation: str, kwargs: Mapping[str, Any], table: pa.Table, **given: Any) -> RuleOutcome:
    """What one rule finds in a table, with the parameters given."""
    (outcome,) = run_rules(table, [ARule(expectation, kwargs)], given)
    assert not outcome.missing_columns
    assert not outcome.table_level_failure
    return outcome
