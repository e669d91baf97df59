"""Tries every rule of the contracts before a file comes: can Great Expectations run it?

Each runs by itself on one row, so that all that are wrong are told and not only the first.
"""

from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa

from pipelines.base.errors import ContractFault
from pipelines.conform.conformed_rows import row_schema
from pipelines.registry.contract import Collection
from pipelines.registry.registry import Registry, contract_place
from pipelines.validate.decide import rule_parameters
from pipelines.validate.rule_scope import RuleScope, scope_of
from pipelines.validate.suite import ROW_ID, run_rules
from pipelines.validate.table_rules import check_table_rule


def rule_mistakes(registry: Registry) -> list[str]:
    """Each rule that cannot be run, with file, line and reason."""
    return [told for one in registry.collections.values() for told in _mistakes_of(one)]


def _mistakes_of(collection: Collection) -> list[str]:
    mistakes = []
    table, parameters = _one_row(collection), rule_parameters()
    for form in collection.rule_forms:
        rule = form.rule
        try:
            run_rules(table, [rule], parameters)
            if scope_of(rule) is RuleScope.TABLE:
                check_table_rule(rule)
        except ContractFault as fault:
            mistakes.append(f"{contract_place(collection.collection, rule.code)}: {fault}")
    return mistakes


def _one_row(collection: Collection) -> pa.Table:
    """A table as rules see it, with one row in which every column has a value."""
    arrays = [pa.array([_value(one.type)], one.type) for one in row_schema(collection)]
    table = pa.Table.from_arrays(arrays, schema=row_schema(collection))
    return table.append_column(ROW_ID, pa.array([0], pa.int64()))


def _value(kind: pa.DataType) -> Any:
    if pa.types.is_timestamp(kind):
        moment = datetime(2026, 11, 22, tzinfo=UTC)
        return moment if kind.tz else moment.replace(tzinfo=None)
    if pa.types.is_date(kind):
        return date(2026, 11, 22)
    return "A" if pa.types.is_string(kind) or pa.types.is_large_string(kind) else 1
