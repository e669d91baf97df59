"""What tasks read and write, as OpenLineage tells it: endpoints, histories, published tables.

Only OpenLineage's provider calls this, and only where an operator has set a transport. Names hold
no login, no query of an address, no provider's file and no value.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pipelines.base.secrets import masked
from pipelines.base.tally import RunTally
from pipelines.registry.registry import Registry
from warehouse.publish.publications import read_description

if TYPE_CHECKING:
    from airflow.providers.openlineage.extractors import OperatorLineage
    from openlineage.client.event_v2 import InputDataset, OutputDataset


def lineage_of_collection(
    home: Path, collection: str, endpoints: Iterable[str], tally: RunTally | None
) -> "OperatorLineage[Any, Any]":
    """From the endpoints to the collection's history and the quarantine.

    With a tally: how many files came from each endpoint, and how many rows each table got.
    """
    from airflow.providers.openlineage.extractors import OperatorLineage

    landed = tally.landed if tally else {}
    revisions = tally.revisions[collection] if tally else None
    kept_out = tally.rows[collection, "quarantined"] if tally else None
    return OperatorLineage(
        inputs=[_source(home, one, landed.get(one)) for one in endpoints],
        outputs=[
            _written(_warehouse(), f"history.{collection}", revisions),
            _written(_warehouse(), "ops.quarantine", kept_out),
        ],
    )


def lineage_of_publication(
    home: Path, registry: Registry, *, is_done: bool
) -> "OperatorLineage[Any, Any]":
    """From the histories to the published tables; with their rows once it is done."""
    from airflow.providers.openlineage.extractors import OperatorLineage

    rows = (read_description(home) or {}).get("rows", {})
    namespace = f"{_installation()}/publication"
    return OperatorLineage(
        inputs=_histories(registry),
        outputs=[
            _written(namespace, table, count if is_done else None) for table, count in rows.items()
        ],
    )


def lineage_of_watch(registry: Registry) -> "OperatorLineage[Any, Any]":
    """From the histories to the findings of the watch."""
    from airflow.providers.openlineage.extractors import OperatorLineage

    return OperatorLineage(
        inputs=_histories(registry), outputs=[_written(_warehouse(), "ops.watch", None)]
    )


def place_of(home: Path, endpoint: str) -> tuple[str, str]:
    """Namespace and name of a source: the folder on this machine, or the address without secrets.

    Of an address stays where it is: no login, no query, no fragment.
    """
    address = urlsplit(masked(endpoint))
    if "://" not in endpoint:
        return "file", str(home / endpoint)
    host = address.netloc.rpartition("@")[2]
    return f"{address.scheme}://{host}", address.path.strip("/") or "/"


def _source(home: Path, endpoint: str, files: int | None) -> "InputDataset":
    from openlineage.client.event_v2 import InputDataset
    from openlineage.client.facet_v2 import input_statistics_input_dataset as statistics

    namespace, name = place_of(home, endpoint)
    counted = statistics.InputStatisticsInputDatasetFacet(fileCount=files)
    return InputDataset(
        namespace, name, inputFacets={} if files is None else {"inputStatistics": counted}
    )


def _written(namespace: str, name: str, rows: int | None) -> "OutputDataset":
    from openlineage.client.event_v2 import OutputDataset
    from openlineage.client.facet_v2 import output_statistics_output_dataset as statistics

    counted = statistics.OutputStatisticsOutputDatasetFacet(rowCount=rows)
    return OutputDataset(
        namespace, name, outputFacets={} if rows is None else {"outputStatistics": counted}
    )


def _histories(registry: Registry) -> "list[InputDataset]":
    from openlineage.client.event_v2 import InputDataset

    return [InputDataset(_warehouse(), f"history.{name}") for name in registry.collections]


def _warehouse() -> str:
    return f"{_installation()}/warehouse"


def _installation() -> str:
    """What sets one installation's tables apart from those of another at the same receiver."""
    from airflow.providers.openlineage.conf import namespace

    return f"sitrep://{namespace()}"
