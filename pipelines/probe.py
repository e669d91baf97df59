"""A batch that is surely sound, to tell a fault of ours from a fault of a file."""

from typing import TYPE_CHECKING

from pipelines.base.clock import now
from pipelines.landing.landing import Manifest
from pipelines.parse.submission import Submission
from pipelines.registry.contract import Collection
from pipelines.registry.feed import Feed

if TYPE_CHECKING:
    from pipelines.validate.batch import Batch


def probe_batch(contract: Collection, feed: Feed) -> "Batch":
    """One row as that feed might send it, judged as all rows are.

    Raises whatever keeps every file of the collection from being judged.
    """
    from pipelines.conform.conform import conform_submissions
    from pipelines.parse.rows import CellPlaces, ParsedRows
    from pipelines.validate.validate import validate_submissions

    moment = now()
    texts = {
        "count": "1",
        "decimal": "1",
        "level": "1",
        "date": f"{moment:%Y-%m-%d}",
        "month": f"{moment:%Y-%m}",
        "slot": f"{moment:%Y-%m-%dT%H}:00:00+00:00",
        "code": feed.provider.code,
        "text": "",
    }
    manifest = Manifest("probe", feed.feed_id, "0" * 64, 0, "probe", "probe", moment)
    submission = Submission(manifest, feed, 0)
    submission.parsed = ParsedRows(
        {column.name: [texts[column.type]] for column in contract.columns},
        CellPlaces((), {}, {}, {}),
        1,
    )
    conformed = conform_submissions([submission], contract)
    batch = validate_submissions(contract.collection, [submission], conformed, contract)
    # Whatever the rules say of it, the row has to go the whole road.
    batch.tables["rows"] = conformed.table
    return batch
