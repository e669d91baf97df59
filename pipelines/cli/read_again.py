"""What is offered where a file that was refused is handed in again."""

from datetime import datetime, timedelta
from typing import Any

from pipelines.findings.status import Status

_REFUSED = (Status.REJECTED, Status.ACCEPTED_WITH_REJECTIONS)


def reprocess_command(feed_id: str, received_at: datetime) -> str:
    """The command that reads again what came of the feed in that second."""
    begin = received_at.replace(microsecond=0)
    since, until = (
        f"{moment:%Y-%m-%dT%H:%M:%SZ}" for moment in (begin, begin + timedelta(seconds=1))
    )
    return f"sitrep reprocess --feed {feed_id} --since {since} --until {until}"


def offer(outcome: dict[str, Any]) -> list[str]:
    """Lines about a duplicate of what was refused: that it stands, and how it is read again."""
    from pipelines.base.settings import settings
    from pipelines.landing.landing import Landing

    original = outcome.get("original")
    if original is None or original["status"] not in _REFUSED:
        return []
    if Landing(settings().root).is_withheld(outcome["feed_id"], original["sha256"]):
        return ["It stands refused, and its bytes are not kept: send a file without what is named."]
    command = reprocess_command(outcome["feed_id"], original["received_at"])
    if _is_mended(outcome["feed_id"], original["contract_version"]):
        return [
            "It stands refused, and its feed file or contract has changed since. Read it again:",
            f"  {command}",
        ]
    return [
        "It stands refused: the same bytes are judged once, and its feed file and contract are as",
        f"they were. After a change of them, read it again: {command}",
    ]


def _is_mended(feed_id: str, version: str | None) -> bool:
    """Whether feed file or contract differ from those that the submission was judged by."""
    from pipelines.registry.registry import load_registry
    from pipelines.validate.decide import contract_version

    registry = load_registry()
    feed = registry.feeds.get(feed_id)
    contract = registry.collections.get(feed.collection) if feed else None
    if feed is None or contract is None or version is None:
        return False
    return contract_version(contract, feed) != version
