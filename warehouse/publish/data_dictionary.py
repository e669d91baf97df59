"""The data dictionary, made from the contracts; docs/data-dictionary.md is this text."""

from pathlib import Path

from pipelines.base.markdown import own_page_template
from pipelines.findings.finding_kinds import KINDS
from pipelines.registry.registry import Registry
from pipelines.registry.severity import Severity
from warehouse.publish.published_tables import contract_column, published_tables, window
from warehouse.publish.published_views import published_views

_TEMPLATE = Path(__file__).parent / "data_dictionary.md.j2"

_EFFECTS = {
    Severity.REJECT_SUBMISSION: "the submission is refused",
    Severity.REJECT_ROW: "the row is kept out",
    Severity.REJECT_VALUE: "the value is kept out, its row is loaded",
    Severity.WARN: "a warning, the row is loaded",
    Severity.INFO: "for information",
}
_ENGLAND = {
    "sum": "sum",
    "max": "largest",
    "count_reporting": "organisations above 0",
    "none": "",
}


def data_dictionary(registry: Registry) -> str:
    """Every table of a publication, every collection and every code of an answer, in Markdown."""
    return own_page_template(_TEMPLATE).render(
        tables={**published_tables().tables, **published_views()},
        shared=published_tables().every_collection,
        collections=list(registry.collections.values()),
        feeds_of=registry.feeds_of,
        described=contract_column,
        window=window,
        kinds=list(KINDS.values()),
        effects=_EFFECTS,
        england=_ENGLAND,
    )
