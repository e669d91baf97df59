"""Runs the rules of a contract on a table with Great Expectations and says which rows fail.

The rules know no engine and the engine knows no contract: a rule is an expectation type with
kwargs, and what comes back is row ids. Three behaviours of Great Expectations would make a
fault look like a provider's mistake, or the reverse, and are dealt with here:

- a missing column shows as an ordinary failure, so such a rule is skipped, and its outcome says so;
- an exception shows as an ordinary failure too, so it is raised as a `ContractFault`;
- result lists hold numpy types and may stand in another order than the rules.

Which rows a rule has to see is decided in `batch_rules`.

Importing this module is cheap. The first call of `run_rules` with a row in its table imports
Great Expectations, which takes seconds and about 200 MB.
"""

import threading
from collections.abc import Container, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from expectations.cell_finders import CELL_FINDERS
from expectations.engine import define_batch
from pipelines.base.errors import ContractFault
from pipelines.registry.rule_columns import columns_named
from pipelines.validate.contract_suite import build_suite, parameters_for_core, resolve
from pipelines.validate.runnable_rule import RunnableRule as RunnableRule

if TYPE_CHECKING:
    from great_expectations.core.expectation_validation_result import ExpectationValidationResult

RowIds = npt.NDArray[np.int64]

ROW_ID = "row_id"
"""Column of the table that names its rows; it becomes the index that failures are told by."""

RESULT_FORMAT: Mapping[str, Any] = {
    "result_format": "COMPLETE",
    # The query is a string that lists every failing row again.
    "return_unexpected_index_query": False,
    # The values are read from the table; Great Expectations keeps only 200 of them.
    "exclude_unexpected_values": True,
    "partial_unexpected_count": 0,
}
"""All failing row ids, and nothing that costs time and is not read."""

_ABOUT_DISTINCT_VALUES = "expect_column_distinct_values_to_"

_ONE_AT_A_TIME = threading.Lock()
"""Every batch of the process shares one id, so a second thread would swap the first one's data."""


_DIRECTLY: ContextVar[bool] = ContextVar("rules run directly", default=False)


@dataclass(frozen=True, eq=False)
class RuleOutcome:
    """What one rule found in one table."""

    code: str
    failing_rows: RowIds
    """Ids of the rows that break the rule, ascending, each once."""
    table_level_failure: bool = False
    """True where a rule about the table as a whole failed and names no rows."""
    observed: Any = None
    """What a rule about the table as a whole observed, or how many values were at fault."""
    missing_columns: tuple[str, ...] = ()
    """Columns that the rule names and the table lacks."""


def run_rules(
    table: pa.Table, rules: Sequence[RunnableRule], parameters: Mapping[str, Any]
) -> list[RuleOutcome]:
    """One outcome per rule, in the order of the rules, from one validation of the whole table.

    The table has an int64 column `row_id` without nulls or repeats. A table without rows fails no
    rule, not even one about the number of rows. Raises `ContractFault` where a rule cannot be
    evaluated: an unknown type, wrong kwargs, a parameter that was not given, an exception.
    """
    present = frozenset(table.column_names)
    missing = {rule.code: _missing_columns(rule, present) for rule in rules}
    runnable = [rule for rule in rules if not missing[rule.code]]
    found: dict[str, RuleOutcome] = {}
    if runnable and table.num_rows:
        if _DIRECTLY.get():
            found = _run_directly(table, runnable, parameters)
        if left := [rule for rule in runnable if rule.code not in found]:
            with _ONE_AT_A_TIME:
                found |= _validate(table, left, parameters)
    return [
        found.get(rule.code)
        or RuleOutcome(rule.code, _no_rows(), missing_columns=missing[rule.code])
        for rule in rules
    ]


@contextmanager
def rules_run_directly() -> Iterator[None]:
    """Inside, rules that are known in plain Python run so, without Great Expectations."""
    before = _DIRECTLY.set(True)
    try:
        yield
    finally:
        _DIRECTLY.reset(before)


def _run_directly(
    table: pa.Table, rules: Sequence[RunnableRule], parameters: Mapping[str, Any]
) -> dict[str, RuleOutcome]:
    """The outcomes of the rules that can be run so, by code."""
    from pipelines.validate.plain.plain_rules import find_failing_rows, is_judged_here

    ids, found = table[ROW_ID].to_numpy(), {}
    known = [rule for rule in rules if is_judged_here(rule)]
    names = {name for rule in known for name in columns_named(rule.kwargs)}
    columns = {name: table[name].to_pylist() for name in names}
    for rule in known:
        with suppress(ContractFault):
            failing = ids[find_failing_rows(rule, columns, parameters)]
            found[rule.code] = RuleOutcome(rule.code, np.sort(failing))
    return found


def offending_columns(
    expectation_type: str,
    kwargs: Mapping[str, Any],
    row: Mapping[str, Any],
    parameters: Mapping[str, Any] | None = None,
) -> list[str]:
    """The columns at fault in one failing row, in the order in which the rule names them.

    For our own types those whose cells break the rule, and both sides of a broken comparison;
    for a type of Great Expectations itself every column that the rule names.
    """
    columns = columns_named(kwargs)
    find_cells = CELL_FINDERS.get(expectation_type)
    if find_cells is None:
        return list(columns)
    values = [np.nan if row.get(column) is None else row[column] for column in columns]
    cells = find_cells(
        columns,
        np.array([values], dtype=np.float64),
        resolve(kwargs, parameters or {}),
    )
    return [column for column, at_fault in zip(columns, cells[0], strict=True) if at_fault]


def offending_cells(
    expectation_type: str,
    kwargs: Mapping[str, Any],
    rows: pa.Table,
    parameters: Mapping[str, Any],
) -> dict[str, npt.NDArray[np.bool_]]:
    """`offending_columns` of many failing rows at once: for each column the rows it is at fault in.

    A million rows take as long as a thousand of `offending_columns`.
    """
    columns = columns_named(kwargs)
    find_cells = CELL_FINDERS.get(expectation_type)
    if find_cells is None:
        return {column: np.ones(rows.num_rows, dtype=np.bool_) for column in columns}
    values = [rows[column].cast(pa.float64()).to_numpy() for column in columns]
    cells = find_cells(columns, np.column_stack(values), resolve(kwargs, parameters))
    return dict(zip(columns, cells.T, strict=True))


def _missing_columns(rule: RunnableRule, present: Container[str]) -> tuple[str, ...]:
    try:
        named = columns_named(rule.kwargs)
    except ValueError as error:
        raise ContractFault(f"Rule {rule.code} does not fit {rule.expectation}: {error}") from error
    return tuple(column for column in named if column not in present)


def _validate(
    table: pa.Table, rules: Sequence[RunnableRule], parameters: Mapping[str, Any]
) -> dict[str, RuleOutcome]:
    batch_definition = define_batch()
    from expectations.frame import to_frame

    suite = build_suite(rules, parameters)
    batch = batch_definition.get_batch(batch_parameters={"dataframe": to_frame(table, ROW_ID)})
    batches = batch.data.execution_engine.batch_manager
    try:
        result = batch.validate(
            suite,
            result_format=dict(RESULT_FORMAT),
            expectation_parameters=parameters_for_core(suite, parameters),
        )
    except Exception as error:
        raise ContractFault(f"The rules could not be run: {error}") from error
    finally:
        # The engine lives as long as the process and would keep the frame until the next call.
        batches.reset_batch_cache()
        batches.batch_data_cache.clear()
    found = {
        outcome.code: outcome for outcome in (_read_outcome(one, table) for one in result.results)
    }
    if lost := {rule.code for rule in rules} - found.keys():
        # It logs a rule that it cannot use and goes on without it.
        raise ContractFault(f"Great Expectations did not run {', '.join(sorted(lost))}", min(lost))
    return found


def _read_outcome(result: "ExpectationValidationResult", table: pa.Table) -> RuleOutcome:
    config = result.expectation_config
    assert config is not None and config.meta is not None
    code = str(config.meta["code"])
    _raise_on_exception(code, result.exception_info)
    rows = result.result.get("unexpected_index_list")
    if rows is None:
        observed = result.result.get("observed_value")
        if config.type.startswith(_ABOUT_DISTINCT_VALUES):
            # It gives none of them, because it would give all values for other types too.
            observed = table[config.kwargs["column"]].drop_null().unique().sort().to_pylist()
        elif observed is None:
            observed = result.result.get("unexpected_count")
        return RuleOutcome(code, _no_rows(), not result.success, _to_python(observed))
    # With `mostly` a rule can hold although some rows break it.
    failing = np.sort(np.asarray(rows, dtype=np.int64))
    return RuleOutcome(code, _no_rows() if result.success else failing)


def _to_python(value: Any) -> Any:
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    if isinstance(value, list | tuple | set):
        return [_to_python(part) for part in value]
    if isinstance(value, Mapping):
        return {name: _to_python(part) for name, part in value.items()}
    # pandas' own Timestamp is a datetime and turns itself into a plain one.
    return value.to_pydatetime() if hasattr(value, "to_pydatetime") else value


def _raise_on_exception(code: str, exception_info: Mapping[str, Any] | None) -> None:
    """Raises `ContractFault` unless the rule ran; it has two shapes, flat and one per metric."""
    info = exception_info or {}
    if not info or info.get("raised_exception") is False:
        return
    details = [info] if "exception_message" in info else list(info.values())
    messages = dict.fromkeys(str(detail["exception_message"]) for detail in details)
    raise ContractFault(f"Rule {code} could not be evaluated: {'; '.join(messages)}", code)


def _no_rows() -> RowIds:
    return np.empty(0, dtype=np.int64)
