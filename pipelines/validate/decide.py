"""What is decided of a submission, and the values of the run that its rules may name."""

import hashlib
from datetime import timedelta
from typing import Any

from pipelines.base.clock import london_date, now
from pipelines.findings.status import Status
from pipelines.findings.verdict import Verdict
from pipelines.parse.submission import Submission
from pipelines.registry.contract import Collection
from pipelines.registry.feed import Feed
from pipelines.registry.slots import month_start


def decide(
    submission: Submission,
    collection: Collection | None,
    is_refused: bool,
    quarantined: int,
    values_rejected: int,
) -> Verdict:
    """The submission's status and counts."""
    parsed, feed = submission.parsed, submission.feed
    skipped = dict(parsed.skipped) if parsed is not None else {}
    rows = len(submission)
    if submission.is_repeated:
        status = Status.DUPLICATE
    elif is_refused or (rows and quarantined == rows):
        status = Status.REJECTED
    elif quarantined or values_rejected:
        status = Status.ACCEPTED_WITH_REJECTIONS
    else:
        status = Status.ACCEPTED if rows else Status.EMPTY
    return Verdict(
        status=status,
        rows_read=rows + sum(skipped.values()),
        rows_accepted=rows - quarantined,
        rows_quarantined=quarantined,
        values_rejected=values_rejected,
        skipped_by=skipped,
        sheets=[
            {
                "sheet": sheet.sheet,
                "organisations": sheet.organisations,
                "days": sheet.days,
                "measures": list(sheet.measures),
                "skipped_rows": sheet.skipped_rows,
            }
            for sheet in (parsed.sheets if parsed is not None else [])
        ],
        contract_version=contract_version(collection, feed) if collection and feed else None,
    )


def contract_version(collection: Collection, feed: Feed) -> str:
    """A short hash that changes when the contract, or how the feed is read, does.

    How far a feed is in its life changes nothing in how its files are read.
    """
    known = _versions.get(feed.feed_id)
    if known is not None and known[0] is collection and known[1] is feed:
        return known[2]
    ours = {"promotion", "example"}
    stage = {"stage", "slots_from"}
    text = collection.model_dump_json(exclude=ours) + feed.model_dump_json(exclude=stage)
    version = hashlib.sha256(text.encode()).hexdigest()[:12]
    _versions[feed.feed_id] = (collection, feed, version)
    return version


_versions: dict[str, tuple[Collection, Feed, str]] = {}


def rule_parameters() -> dict[str, Any]:
    """What rules may name: the time, and the sets of codes that are known."""
    from pipelines.reference import codes

    moment = now()
    return {
        "now": moment,
        "today": london_date(moment),
        "last_month": month_start(month_start(london_date(moment)) - timedelta(days=1)),
        "organisation_codes": codes.organisation_codes(),
        "ambulance_codes": codes.ambulance_codes(),
        "contract_area_codes": codes.contract_area_codes(),
    }
