"""Runs batches in children, halves those that fail, and keeps what is found."""

import json
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from tempfile import mkdtemp

from tests.attack.children import Ended, in_child, scratch_folder
from tests.attack.fuzz.case import Case, Fault, Report
from tests.attack.fuzz.road import Base, Way, go

MOST_MB = 600
"""Memory of the whole process for one file of up to 64 MB."""
MOST_SECONDS = 20
"""Seconds of computing for one file."""
_MOST_MB_OF_BATCH = 900
_MOST_SECONDS_OF_BATCH = 60
_HANGS_SECONDS = 300
KEPT_OF_A_KIND = 3


def run_batch(base: Base, cases: Sequence[Case], way: Way) -> Iterator[tuple[Report, list[Case]]]:
    """What came of the cases, in pieces; together they hold each case once.

    Where it is not known which of them a fault comes from, they are halved.
    """
    ended = _in_home(base, cases, way)
    report = _report_of(ended, cases)
    unknown = [fault for fault in report.faults if fault.number is None]
    if len(cases) == 1 or not unknown:
        number = cases[0].number if len(cases) == 1 else None
        report.faults = [
            fault if fault.number is not None else replace(fault, number=number)
            for fault in report.faults
        ]
        yield report, list(cases)
        return
    middle = len(cases) // 2
    halves = 0
    for half in (cases[:middle], cases[middle:]):
        for part, own in run_batch(base, half, way):
            halves += len(part.faults)
            yield part, own
    if not halves and any(fault.kind not in ("memory", "time") for fault in unknown):
        # Only in company: the batch itself is the input.
        first = replace(
            unknown[0], kind=f"{unknown[0].kind}, only together", number=cases[0].number
        )
        yield Report(faults=[first]), []


def _in_home(base: Base, cases: Sequence[Case], way: Way) -> Ended[Report]:
    folder = Path(mkdtemp(prefix="sitrep-fuzz-", dir=scratch_folder()))
    try:
        return in_child(lambda: go(base, folder, cases, way), _HANGS_SECONDS)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _report_of(ended: Ended[Report], cases: Sequence[Case]) -> Report:
    """The child's report, with what its end says."""
    report = ended.given or Report()
    report.seconds, report.peak_mb = ended.wall_seconds, ended.peak_mb
    report.cpu_seconds = ended.cpu_seconds
    alone = len(cases) == 1
    if ended.hung:
        report.faults.append(Fault("hangs", f"after {_HANGS_SECONDS} seconds"))
    elif ended.given is None:
        lines = ended.said.strip().splitlines() or [""]
        said = next((one for one in lines if "memory" in one or "panicked" in one), lines[-1])
        cause = f"exit {ended.exit_code}, {_kind(cases)}"
        report.faults.append(Fault("the process died", f"{cause}: {said[:200]}", cause))
    if ended.peak_mb > (MOST_MB if alone else _MOST_MB_OF_BATCH):
        report.faults.append(Fault("memory", f"{ended.peak_mb:,.0f} MB", _kind(cases)))
    if ended.cpu_seconds > (MOST_SECONDS if alone else _MOST_SECONDS_OF_BATCH):
        report.faults.append(Fault("time", f"{ended.cpu_seconds:.0f} s", _kind(cases)))
    return report


def _kind(cases: Sequence[Case]) -> str:
    return cases[0].story.partition(",")[0] if len(cases) == 1 else "a batch"


@dataclass
class Found:
    """Everything that a run found."""

    inputs: int = 0
    statuses: dict[str, int] = field(default_factory=dict)
    codes: dict[str, int] = field(default_factory=dict)
    peak_mb: float = 0.0
    cpu_seconds: float = 0.0
    faults: dict[str, list[Fault]] = field(default_factory=dict)
    """Signature → its faults."""

    def add(self, report: Report, cases: int) -> list[Fault]:
        """The report is counted in; those of its faults that are worth keeping."""
        self.inputs += cases
        self.peak_mb = max(self.peak_mb, report.peak_mb)
        self.cpu_seconds += report.cpu_seconds
        for told, own in ((self.statuses, report.statuses), (self.codes, report.codes)):
            for name, count in own.items():
                told[name] = told.get(name, 0) + count
        new = []
        for fault in report.faults:
            known = self.faults.setdefault(fault.signature, [])
            known.append(fault)
            if len(known) <= KEPT_OF_A_KIND:
                new.append(fault)
        return new


def keep(folder: Path, case: Case, fault: Fault, seed: int) -> Path:
    """The case stands in the folder, for `--replay`; the path to give."""
    sign = "".join(one if one.isalnum() else "-" for one in fault.signature)[:80].strip("-")
    target = folder / "escapes" / sign
    target.mkdir(parents=True, exist_ok=True)
    (target / f"{seed}-{case.number}.bin").write_bytes(case.content)
    about = {
        "feed_id": case.feed_id,
        "name": case.name.encode("utf-8", "surrogateescape").hex(),
        "shown": case.name.encode("utf-8", "replace").decode(),
        "story": case.story,
        "planted": case.planted,
        "seed": seed,
        "number": case.number,
        "fault": asdict(fault),
    }
    path = target / f"{seed}-{case.number}.json"
    path.write_text(json.dumps(about, indent=1), "utf-8")
    return path


def kept(path: Path) -> Case:
    """A case that was kept."""
    about = json.loads(path.read_text("utf-8"))
    name = bytes.fromhex(about["name"]).decode("utf-8", "surrogateescape")
    content = path.with_suffix(".bin").read_bytes()
    return Case(
        about["number"], about["feed_id"], name, content, about["story"], True,
        tuple(about["planted"]),
    )  # fmt: skip
