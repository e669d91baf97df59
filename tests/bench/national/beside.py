"""The same ticks on an empty warehouse and on one with years behind it, in turn in one process.

In turn, so that whatever else the machine does meanwhile weighs on both alike.

    python -m tests.bench.national.beside WORK HOME      (JSON, see `harness`; HOME is filled)
"""

import json
import sys
from dataclasses import asdict
from pathlib import Path

from tests.bench.measure import peak_mb
from tests.bench.national.harness import Outcome, Span, Work, answers, new_folder, time_load
from tests.bench.national.ours import Ours
from tests.bench.national.ticks import read_ticks


def measure_beside(work: Work, filled: Path) -> tuple[Outcome, Outcome]:
    """The outcome on an empty warehouse, and on the filled one."""
    homes = (new_folder(work, "empty"), filled)
    contenders = [Ours() for _ in homes]
    for contender, home in zip(contenders, homes, strict=True):
        contender.open(home)
    spans: dict[Ours, list[Span]] = {contender: [] for contender in contenders}
    for tick in read_ticks(Path(work.data), work.warm_up + work.ticks):
        for contender in contenders:
            contender.prepare([tick])
            spans[contender].append(time_load(contender, [tick]))
        contenders.reverse()
    peak = peak_mb()
    empty, full = (
        Outcome(own[work.warm_up :], peak, contender.close()) for contender, own in spans.items()
    )
    return empty, full


if __name__ == "__main__":
    with answers() as stream:
        outcomes = measure_beside(Work(**json.loads(sys.argv[1])), Path(sys.argv[2]))
        stream.write(json.dumps([asdict(one) for one in outcomes]))
