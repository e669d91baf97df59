"""Runs the rules of a contract on a table with Great Expectations and says which rows fail.

The rules know no engine and the engine knows no contract: a rule is an expectation type with
kwargs, and what comes back is row ids. Three behaviours of Great Expectations would make a
fault look like a provider's mistake, or the reverse, and are dealt with here:

- a missing column shows as an ordinary failure, so such a rule is skipped and reported;
- an exception shows as an ordinary failure too, so it is raised as a `ContractFault`;
- result lists hold numpy types and may stand in another order than the rules.

Importing this module is cheap. The first call of `run_rules` with a row in its table imports
Great Expectations, which takes seconds and about 200 MB.
"""

import logging
import os
import threading
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.types as pat

from expectations.cells import CELL_FINDERS
from pipelines.contract import columns_named
from pipelines.errors import ContractFault

if TYPE_CHECKING:
    import pandas as pd
    from great_expectations.core import ExpectationSuite
    from great_expectations.core.batch_definition import BatchDefinition
    from great_expectations.core.expectation_validation_result import ExpectationValidationResult
    from great_expectations.expectations.expectation import Expectation

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

SKIP_ROWS_WITH_NULLS: Mapping[str, str] = {
    "both_values_are_missing": "either_value_is_missing",
    "all_values_are_missing": "any_value_is_missing",
}
"""The default `ignore_row_if` of Great Expectations, which fails a half-empty pair, and ours."""

_ONE_AT_A_TIME = threading.Lock()
"""Every batch of the process shares one id, so a second thread would swap the first one's data."""


class Rule(Protocol):
    """What this module needs of a contract's rule."""

    @property
    def code(self) -> str:
        """Stable code, 'ASR-012', unique among the rules of one call."""

    @property
    def expectation(self) -> str:
        """Great Expectations type in snake case, one of its own or of `expectations.custom`."""

    @property
    def kwargs(self) -> Mapping[str, Any]:
        """The kwargs of that type; {'$PARAMETER': name} stands for a value of the run."""


@dataclass(frozen=True, eq=False)
class RuleOutcome:
    """What one rule found in one table."""

    code: str
    failing_rows: RowIds
    """Ids of the rows that break the rule, ascending, each once."""
    table_level_failure: bool = False
    """True where a rule about the table as a whole failed and names no rows."""
    observed: Any = None
    """What a rule about the table as a whole observed, in plain Python types."""
    missing_columns: tuple[str, ...] = ()
    """Columns that the rule names and the table lacks."""

    @property
    def skipped(self) -> bool:
        """True where the rule was not run, for want of a column."""
        return bool(self.missing_columns)


def run_rules(
    table: pa.Table, rules: Sequence[Rule], parameters: Mapping[str, Any]
) -> list[RuleOutcome]:
    """One outcome per rule, in the order of the rules, from one validation of the whole table.

    The table has an int64 column `row_id` without nulls or repeats. A table without rows fails no
    rule, not even one about the number of rows. Raises `ContractFault` where a rule cannot be
    evaluated: an unknown type, wrong kwargs, a parameter that was not given, an exception.
    """
    missing = {rule.code: _missing_columns(rule, table) for rule in rules}
    runnable = [rule for rule in rules if not missing[rule.code]]
    found: Mapping[str, RuleOutcome] = {}
    if runnable and table.num_rows:
        with _ONE_AT_A_TIME:
            found = _validate(table, runnable, parameters)
    return [
        found.get(rule.code)
        or RuleOutcome(rule.code, _no_rows(), missing_columns=missing[rule.code])
        for rule in rules
    ]


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
        {name: _resolve(value, parameters or {}) for name, value in kwargs.items()},
    )
    return [column for column, at_fault in zip(columns, cells[0], strict=True) if at_fault]


def _resolve(value: Any, parameters: Mapping[str, Any]) -> Any:
    if isinstance(value, Mapping) and "$PARAMETER" in value:
        return parameters[value["$PARAMETER"]]
    return value


def _missing_columns(rule: Rule, table: pa.Table) -> tuple[str, ...]:
    present = set(table.column_names)
    return tuple(column for column in columns_named(rule.kwargs) if column not in present)


def _validate(
    table: pa.Table, rules: Sequence[Rule], parameters: Mapping[str, Any]
) -> dict[str, RuleOutcome]:
    suite = _build_suite(rules)
    values = {name: _to_comparable(value) for name, value in parameters.items()}
    batch = _batch_definition().get_batch(batch_parameters={"dataframe": to_frame(table)})
    batches = batch.data.execution_engine.batch_manager
    try:
        result = batch.validate(
            suite, result_format=dict(RESULT_FORMAT), expectation_parameters=values
        )
    except Exception as error:
        raise ContractFault(f"The rules could not be run: {error}") from error
    finally:
        # The engine lives as long as the process and would keep the frame until the next call.
        batches.reset_batch_cache()
        batches.batch_data_cache.clear()
    found = {outcome.code: outcome for outcome in map(_read_outcome, result.results)}
    if lost := {rule.code for rule in rules} - found.keys():
        # It logs a rule that it cannot use and goes on without it.
        raise ContractFault(f"Great Expectations did not run {', '.join(sorted(lost))}")
    return found


@cache
def _batch_definition() -> "BatchDefinition[Any]":
    """The one way into Great Expectations of this process: silent, in memory, off the network."""
    with _quiet_import():
        import great_expectations as gx
        from great_expectations.data_context.types import base

        # Registers our own types.
        import expectations.custom
        import expectations.reference_set  # noqa: F401

    config = base.DataContextConfig(
        store_backend_defaults=base.InMemoryStoreBackendDefaults(init_temp_docs_sites=False),
        analytics_enabled=False,
        progress_bars=base.ProgressBarsConfig(globally=False, metric_calculations=False),
    )
    context = gx.get_context(mode="ephemeral", project_config=config)
    asset = context.data_sources.add_pandas("submissions").add_dataframe_asset("rows")
    return asset.add_batch_definition_whole_dataframe("pending")


@contextmanager
def _quiet_import() -> Iterator[None]:
    """Keeps what importing Great Expectations does to logging and warnings from the process."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    # It would log every metric that failed, which we raise.
    logging.getLogger("great_expectations").setLevel(logging.CRITICAL)
    show_warning = warnings.showwarning
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        yield
        if warnings.showwarning is not show_warning:
            logging.captureWarnings(False)


def _build_suite(rules: Sequence[Rule]) -> "ExpectationSuite":
    _batch_definition()
    from great_expectations.core import ExpectationSuite

    return ExpectationSuite("contract", expectations=[_build_expectation(rule) for rule in rules])


def _build_expectation(rule: Rule) -> "Expectation":
    from great_expectations.expectations.registry import get_expectation_impl

    kwargs = {name: _to_comparable(value) for name, value in rule.kwargs.items()}
    try:
        implementation = get_expectation_impl(rule.expectation)
        rows = implementation.__fields__.get("ignore_row_if")
        if rows is not None and rows.default in SKIP_ROWS_WITH_NULLS:
            kwargs.setdefault("ignore_row_if", SKIP_ROWS_WITH_NULLS[rows.default])
        return implementation(**kwargs, meta={"code": rule.code})
    except Exception as error:
        raise ContractFault(f"Rule {rule.code} does not fit {rule.expectation}: {error}") from error


def _read_outcome(result: "ExpectationValidationResult") -> RuleOutcome:
    config = result.expectation_config
    assert config is not None and config.meta is not None
    code = str(config.meta["code"])
    _raise_on_exception(code, result.exception_info)
    rows = result.result.get("unexpected_index_list")
    if rows is None:
        return RuleOutcome(
            code,
            _no_rows(),
            table_level_failure=not result.success,
            observed=_to_python(result.result.get("observed_value")),
        )
    # With `mostly` a rule can hold although some rows break it.
    failing = np.unique(np.asarray(rows, dtype=np.int64))
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
    raise ContractFault(f"Rule {code} could not be evaluated: {'; '.join(messages)}")


def _no_rows() -> RowIds:
    return np.empty(0, dtype=np.int64)


def _to_comparable(value: Any) -> Any:
    """The value as Great Expectations compares it with the frame: plain Python, times in UTC.

    A day becomes its midnight in UTC, as `to_frame` makes it of a column of days: pandas does not
    compare its own times with `datetime.date`.
    """
    if isinstance(value, np.generic | np.ndarray):
        return _to_comparable(value.tolist())
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    if isinstance(value, date):
        return datetime.combine(value, time(), UTC)
    if isinstance(value, Mapping):
        return {name: _to_comparable(part) for name, part in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_to_comparable(part) for part in value]
    return value


def to_frame(table: pa.Table) -> "pd.DataFrame":
    """The table as rows by columns for Great Expectations, `row_id` as the index and not a column.

    Numbers and truth values are float64 with NaN for null (exact for integers up to 2**53), days
    and times are UTC in microseconds with NaT, all else is text.
    """
    import pandas as pd

    # An index with a name would turn every failing row id into a dictionary with its values.
    index = pd.Index(table.column(ROW_ID).to_numpy(), name=None)
    columns = {
        name: _to_pandas(table.column(name)) for name in table.column_names if name != ROW_ID
    }
    return pd.DataFrame(columns, index=index)


def _to_pandas(column: pa.ChunkedArray) -> Any:
    kind = column.type
    if pat.is_temporal(kind) and not pat.is_time(kind) and not pat.is_duration(kind):
        # Only for times with a zone does Great Expectations compare a column in one go in any
        # unit; without one it asks for nanoseconds, which cannot hold a mistyped year 9999.
        return column.cast(pa.timestamp("us", tz="UTC")).to_pandas().array
    if pat.is_string(kind) or pat.is_large_string(kind) or pat.is_dictionary(kind):
        return column.cast(pa.string()).to_pandas().array
    # Nullable integers of pandas are slower here, and NA where Great Expectations expects False.
    return column.cast(pa.float64(), safe=False).to_numpy()
