"""How well a feed was made from a sample: columns and cells against what they mean."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from pipelines.onboard.new_feed import NewFeed, make_feed, try_feed
from pipelines.registry.registry import Registry
from tests.support.onboarding_samples import HandSample, Row

_NEAR = 0.02
"""Minutes with four decimals are whole seconds to within so many."""


@dataclass(frozen=True)
class Measured:
    """Columns and cells of one sample, by what became of them."""

    made: NewFeed
    status: str
    right: int
    """Columns that stand under the heading that means them."""
    wrong: tuple[str, ...]
    left_open: tuple[str, ...]
    cells_right: int
    cells_wrong: tuple[str, ...]
    cells: int
    lines: tuple[str, ...]


def measure(
    registry: Registry, sample: HandSample, folder: Path, given: dict[str, str]
) -> Measured:
    """The feed that is made of the sample, tried on it, beside what is true."""
    path = folder / sample.file_name
    path.write_bytes(sample.content)
    made = make_feed(registry, sample.collection, sample.provider, [path], given)
    trial = try_feed(folder / "home", registry, made.feed, path, 10_000)
    contract = registry.collection(sample.collection)
    written = {
        name: own.heading.heading
        for name, own in made.draft.columns.items()
        if own.is_written and own.heading is not None
    }
    wrong = [
        f"{name}: {heading!r}"
        for name, heading in written.items()
        if sample.headings.get(name) != heading
    ]
    left = [name for name in sample.headings if name not in written]
    by_row: dict[int, Row] = {}
    for cell in trial.cells:
        by_row.setdefault(cell.row, {})[cell.column] = cell.understood
    right, bad = 0, []
    for row in by_row.values():
        key = tuple(_plain(row.get(name)) for name in contract.key)
        true = sample.truth.get(key)
        if true is None:
            bad.append(f"no such row: {key}")
            continue
        for name, value in row.items():
            if name in contract.key:
                continue
            if name in true and _same(true[name], value):
                right += 1
            else:
                bad.append(f"{key} {name}: {value!r}, and {true.get(name)!r} is true")
    return Measured(
        made,
        str(trial.answer["status"]),
        len(written) - len(wrong),
        tuple(wrong),
        tuple(left),
        right,
        tuple(bad),
        sum(len(own) for own in sample.truth.values()),
        tuple(f"{one['code']} {one['message']}" for one in trial.answer["lines"]),
    )


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.replace(tzinfo=None)
    return value


def _same(true: Any, value: Any) -> bool:
    if true is None or value is None:
        return true is None and value is None
    return abs(float(true) - float(value)) < _NEAR if true != value else True
