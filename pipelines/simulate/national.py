"""Feed files at national scale: 11 ambulance services, NHS 111, and 125 acute trusts."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from pipelines.base.errors import UsageError
from pipelines.base.yamlfile import read_model
from pipelines.registry.feed import Layout, Stage
from pipelines.registry.registry import LAYOUTS
from pipelines.sample.trust_winter import SPECIALIST
from pipelines.sample.trusts import Trust, choose_trusts
from pipelines.simulate.keys import sites_of

ACUTE = "acute_realtime"
AS_THEY_ARE = ("ambulance_sitrep", "nhs111")
ACUTE_TRUSTS = 125
_WORKBOOK_EVERY = 20
"""One trust in so many sends workbooks."""
_JSON_OF_TEN = 4
"""So many of ten trusts that send no workbook send JSON, the others delimited text."""
_FILE_TIME = {"pattern": r"_(\d{8}T\d{6})\.", "format": "%Y%m%dT%H%M%S", "zone": "UTC"}


@dataclass(frozen=True)
class NationalFeeds:
    """What was written."""

    folder: Path
    feeds: dict[str, int]
    """Collection → feeds."""
    sites: int


def write_national(folder: Path, project_feeds: Path, slots_from: date) -> NationalFeeds:
    """`folder` holds a live feed for every provider, whose slots are expected from that day on.

    Ambulance services and NHS 111 are those of `project_feeds`, made live; acute trusts are the
    open ones of the reference data, in the layouts of the project's own. Files of the same name
    are replaced. Raises `UsageError` for the project's own folder, and where layouts are missing.
    """
    if folder.resolve() == project_feeds.resolve():
        raise UsageError(f"{folder} holds the feeds in use. Name another folder.")
    counts = {name: _copy_live(name, folder, project_feeds, slots_from) for name in AS_THEY_ARE}
    layouts = _copy_layouts(ACUTE, folder, project_feeds)
    trusts = _acute_trusts(slots_from)
    for number, trust in enumerate(trusts):
        layout, kind = _choose_layout(layouts, number)
        content = _acute_feed(trust, layout, kind, slots_from)
        _write(folder / ACUTE / f"{trust.code.lower()}.yaml", content)
    counts[ACUTE] = len(trusts)
    return NationalFeeds(folder, counts, sum(len(sites_of(trust.code)) for trust in trusts))


def _acute_trusts(day: date) -> list[Trust]:
    """The open acute trusts, those with one specialty last, as many as are wanted; by code."""
    trusts = choose_trusts(day, day)
    trusts.sort(key=lambda trust: (bool(SPECIALIST.search(trust.name)), trust.code))
    return sorted(trusts[:ACUTE_TRUSTS], key=lambda trust: trust.code)


def _choose_layout(layouts: dict[str, list[str]], number: int) -> tuple[str, str]:
    """The layout of the trust with that number, and its kind; every layout is used in turn."""
    if number % _WORKBOOK_EVERY == _WORKBOOK_EVERY // 2:
        kind = "xlsx"
    else:
        kind = "json" if number % 10 < _JSON_OF_TEN else "csv"
    names = layouts[kind]
    return names[number // 2 % len(names)], kind


def _acute_feed(trust: Trust, layout: str, kind: str, slots_from: date) -> dict[str, Any]:
    return {
        "title": f"{trust.name}, emergency departments",
        "provider": {"code": trust.code, "name": trust.name},
        "stage": Stage.LIVE.value,
        "slots_from": slots_from,
        "sites": sites_of(trust.code),
        "source": {
            "kind": "directory",
            "endpoint": f"incoming/{ACUTE}",
            "pattern": f"{trust.code}_{ACUTE}_*.{kind}",
        },
        "file_time": _FILE_TIME,
        "layout": layout,
    }


def _copy_live(name: str, folder: Path, project_feeds: Path, slots_from: date) -> int:
    """The collection's feeds are in the folder, all live; returns their number."""
    _copy_layouts(name, folder, project_feeds)
    paths = sorted((project_feeds / name).glob("*.yaml"))
    for path in paths:
        content = yaml.safe_load(path.read_text("utf-8"))
        changed = {**content, "stage": Stage.LIVE.value, "slots_from": slots_from}
        _write(folder / name / path.name, changed)
    return len(paths)


def _copy_layouts(name: str, folder: Path, project_feeds: Path) -> dict[str, list[str]]:
    """The collection's layouts are in the folder; returns their names by kind of format."""
    (folder / name / LAYOUTS).mkdir(parents=True, exist_ok=True)
    kinds: dict[str, list[str]] = {"csv": [], "json": [], "xlsx": []}
    for path in sorted((project_feeds / name / LAYOUTS).glob("*.yaml")):
        shutil.copyfile(path, folder / name / LAYOUTS / path.name)
        kinds.setdefault(read_model(path, Layout).format.kind, []).append(path.stem)
    if name == ACUTE and (missing := _without_layout(kinds)):
        raise UsageError(f"{project_feeds / name / LAYOUTS} has no layout for {missing}.")
    return kinds


def _without_layout(kinds: dict[str, list[str]]) -> str:
    lacking: Sequence[str] = [kind for kind, names in kinds.items() if not names]
    return ", ".join(lacking)


def _write(path: Path, content: dict[str, Any]) -> None:
    text = yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=100)
    path.write_text(text, encoding="utf-8")
