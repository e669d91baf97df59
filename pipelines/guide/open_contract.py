"""The contract of a collection as Open Data Contract Standard, for catalogues and other tools."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_URL, uuid5

from pipelines.guide.column_bounds import bounds_of, levels_of, pattern_of
from pipelines.guide.contract_years import newest_contract
from pipelines.guide.example_answers import EXAMPLE_MOMENT
from pipelines.guide.example_rows import ExampleRow, example_row, slot_text
from pipelines.guide.rules_told import COSTS
from pipelines.guide.slots_told import tell_slots
from pipelines.registry.column import SQL_TYPES, Column
from pipelines.registry.contract import Collection, Rule
from pipelines.registry.severity import Severity
from pipelines.registry.slots import slot_at
from pipelines.registry.version import Version

if TYPE_CHECKING:
    from open_data_contract_standard.model import (
        CustomProperty,
        DataQuality,
        OpenDataContractStandard,
        SchemaProperty,
        ServiceLevelAgreementProperty,
    )

_API_VERSION = "v3.1.0"
"""The newest version of the standard that has been approved."""
_LOGICAL = {
    "count": "integer",
    "decimal": "number",
    "level": "integer",
    "date": "date",
    "month": "date",
    "slot": "timestamp",
}
_SEVERITIES = {
    Severity.REJECT_SUBMISSION: "error",
    Severity.REJECT_ROW: "error",
    Severity.REJECT_VALUE: "error",
    Severity.WARN: "warning",
}
_ENGINE = "great-expectations"


def open_contract(collection: Collection) -> "OpenDataContractStandard":
    """The contract in the library's own model, as it is in its last version."""
    from open_data_contract_standard.model import (
        Description,
        OpenDataContractStandard,
        SchemaObject,
        Server,
    )

    name, versions = collection.collection, collection.versions
    collection = newest_contract(collection)
    row = example_row(collection, EXAMPLE_MOMENT)
    table = SchemaObject(
        name=name,
        physicalName=name,
        logicalType="object",
        physicalType="table",
        businessName=collection.title,
        description=collection.description,
        dataGranularityDescription=f"A row is {collection.row}.",
        properties=[_property(collection, column, row) for column in collection.columns],
        quality=[_quality(rule) for rule in collection.rules],
    )
    contract = OpenDataContractStandard(
        version=versions[-1].financial_year if versions else "1",
        kind="DataContract",
        apiVersion=_API_VERSION,
        id=str(uuid5(NAMESPACE_URL, f"uec-feeds/{name}")),
        name=collection.title,
        status="active",
        domain="urgent and emergency care",
        dataProduct="uec-feeds",
        description=Description(purpose=collection.description, usage=_usage(collection)),
        servers=[
            Server(
                server="publication",
                type="duckdb",
                description="The current publication, below the home of the pipeline.",
                database="publications/current.duckdb",
                schema="main",
            )
        ],
        slaDefaultElement=f"{name}.{collection.time_column}",
        slaProperties=list(_service_levels(collection)),
        customProperties=_custom(_of_contract(collection, versions)),
    )
    contract.schema_ = [table]
    return contract


def open_contract_text(collection: Collection) -> str:
    """The contract as YAML of the standard."""
    return str(open_contract(collection).to_yaml())


def _property(collection: Collection, column: Column, row: ExampleRow) -> "SchemaProperty":
    from open_data_contract_standard.model import SchemaProperty

    is_key = column.name in collection.key
    is_time = column.name == collection.time_column
    value = slot_text(collection, row.slot) if is_time else row.values.get(column.name)
    return SchemaProperty(
        name=column.name,
        physicalName=column.name,
        logicalType=_LOGICAL.get(column.type, "string"),
        physicalType=SQL_TYPES[column.type],
        logicalTypeOptions=_options(collection, column) or None,
        description=column.description,
        required=is_key or not column.nullable,
        primaryKey=is_key or None,
        primaryKeyPosition=collection.key.index(column.name) + 1 if is_key else None,
        examples=None if value is None else [value],
        customProperties=_custom(_of_column(column)),
    )


def _options(collection: Collection, column: Column) -> dict[str, Any]:
    """Bounds and forms of its values, as far as the standard can say them."""
    if column.is_number:
        bounds = bounds_of(collection, column)
        levels = levels_of(collection, column)
        least, most = (levels[0], levels[-1]) if levels else (bounds.least, bounds.most)
        return {"minimum": least, "maximum": most}
    if column.type in ("date", "month"):
        earliest = collection.earliest.isoformat()
        is_time = column.name == collection.time_column
        return {"format": "yyyy-MM-dd"} | ({"minimum": earliest} if is_time else {})
    if column.type == "slot":
        return {"format": "yyyy-MM-dd'T'HH:mm:ssX"}
    if pattern := pattern_of(collection, column):
        return {"pattern": pattern}
    return {}


def _of_column(column: Column) -> Iterator[tuple[str, Any]]:
    yield "unit", column.unit
    yield "mayBeLeftOut", column.optional or None
    yield "costOfAnUnreadableCell", column.on_failure
    yield "sourceItem", column.source_item
    yield "earlierNames", list(column.was) or None
    yield "englandsFigure", column.national if column.is_number else None
    yield "figureOfADay", column.daily if column.daily != "none" else None


def _quality(rule: Rule) -> "DataQuality":
    """The rule with the arguments that it runs with; its type may be one of ours."""
    from open_data_contract_standard.model import DataQuality

    return DataQuality(
        name=rule.code,
        description=rule.title,
        type="custom",
        engine=_ENGINE,
        implementation={"type": rule.expectation, "kwargs": rule.kwargs},
        severity=_SEVERITIES[rule.on_failure],
        businessImpact=COSTS[rule.on_failure],
        dimension=_dimension(rule),
        customProperties=_custom(
            iter(
                [("onFailure", rule.on_failure.value), ("message", rule.message), ("fix", rule.fix)]
            )
        ),
    )


def _dimension(rule: Rule) -> str:
    """The standard's dimension of quality that the rule is about, by what it looks at."""
    kwargs = rule.kwargs
    if "unique" in rule.expectation:
        return "uniqueness"
    if "pairs" in kwargs or "parts" in kwargs or "descend" in rule.expectation:
        return "consistency"
    if "limits" in kwargs and "column" in kwargs:
        return "consistency"
    if "limits" in kwargs:
        return "accuracy"
    return "timeliness" if "times" in rule.expectation else "conformity"


def _service_levels(collection: Collection) -> Iterator["ServiceLevelAgreementProperty"]:
    from open_data_contract_standard.model import ServiceLevelAgreementProperty as Level

    cadence = collection.cadence
    slot = slot_at(cadence, EXAMPLE_MOMENT)
    told = tell_slots(cadence, EXAMPLE_MOMENT)
    minutes = _minutes(slot.end - slot.start)
    frequency: Mapping[str, tuple[int, str]] = {"day": (1, "d"), "month": (1, "mo")}
    value, unit = frequency.get(told.noun, (minutes, "min"))
    yield Level(property="frequency", value=value, unit=unit, description=told.grid)
    if cadence.due is None:
        after = _minutes(slot.due_at - slot.end)
        yield Level(property="latency", value=after, unit="min", description=told.due)
    else:
        yield Level(
            property="timeOfAvailability",
            value=f"{cadence.due:%H:%M}",
            unit=cadence.time_zone,
            description=told.due,
        )
    grace = _minutes(slot.late_after - slot.due_at)
    yield Level(
        property="grace", value=grace, unit="min", description="After it a file counts as late."
    )
    yield Level(
        property="collection",
        value=cadence.time_zone,
        scheduler="cron",
        schedule=cadence.cron,
        description="When new files are looked for.",
    )
    if collection.amendment_days is not None:
        yield Level(
            property="amendment",
            value=collection.amendment_days,
            unit="d",
            description="How long a slot may be sent again.",
        )
    if collection.publish_days is not None:
        yield Level(
            property="retention",
            value=collection.publish_days,
            unit="d",
            description="Days of slots that a publication holds.",
        )


def _of_contract(collection: Collection, versions: Sequence[Version]) -> Iterator[tuple[str, Any]]:
    yield "collection", collection.collection
    yield "earliest", collection.earliest.isoformat()
    yield (
        "versions",
        [
            {"financialYear": one.financial_year, "start": one.start.isoformat(), "note": one.note}
            for one in versions
        ],
    )
    if collection.coverage is not None:
        yield "cohort", list(collection.coverage.cohort)
    if collection.ratios:
        yield "ratios", [one.model_dump(mode="json") for one in collection.ratios]


def _custom(told: Iterator[tuple[str, Any]]) -> "list[CustomProperty]":
    """What the standard has no field for; without what is empty."""
    from open_data_contract_standard.model import CustomProperty

    return [CustomProperty(property=name, value=value) for name, value in told if value is not None]


def _usage(collection: Collection) -> str:
    return (
        f"A row is {collection.row}. Its key is {', '.join(collection.key)}. Times are UTC; a day "
        "is one in London."
    )


def _minutes(length: Any) -> int:
    return int(length.total_seconds() // 60)
