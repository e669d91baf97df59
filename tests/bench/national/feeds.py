"""Feed files at national scale whose providers all fill in the contract's own CSV template.

One format for all, so that a rival needs one statement for each collection and no mapping.
"""

from datetime import date
from pathlib import Path
from typing import Any

import yaml

from pipelines.base.settings import PROJECT
from pipelines.simulate.national import write_national

TEMPLATE = "template"
_OWN_FORMAT = ("layout", "format", "missing")


def write_feeds(folder: Path, slots_from: date) -> int:
    """`folder` holds a live feed for every provider; their number."""
    written = write_national(folder, PROJECT / "pipelines" / "feeds", slots_from)
    for collection in ("acute_realtime", "ambulance_sitrep"):
        for path in sorted((folder / collection).glob("*.yaml")):
            _use_template(path)
    return sum(written.feeds.values())


def _use_template(path: Path) -> None:
    """The feed sends CSV files in the template of its contract."""
    feed: dict[str, Any] = yaml.safe_load(path.read_text("utf-8"))
    for name in _OWN_FORMAT:
        feed.pop(name, None)
    before, _, _ = feed["source"]["pattern"].rpartition(".")
    feed["source"]["pattern"] = f"{before}.csv"
    feed["layout"] = TEMPLATE
    path.write_text(yaml.safe_dump(feed, sort_keys=False, allow_unicode=True), "utf-8")
