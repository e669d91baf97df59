"""What must be true of every submission, whatever was in it."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pipelines.findings.not_kept import PATIENT_DATA_CODES
from pipelines.findings.status import Status
from pipelines.landing.landing import Landing
from tests.attack.fuzz.case import Case, Fault, Report
from tests.support.ledger_questions import Record, ask_ledger, assert_answered_once

OUR_FAULT = "FILE-011"
_STATUSES = {status.value for status in Status}

_SUBMISSIONS = """
SELECT s.*, coalesce(q.kept_out, 0) AS kept_out, coalesce(v.values_out, 0) AS values_out
FROM ops.submission AS s
LEFT JOIN (
    SELECT submission_id, attempt, count(*) AS kept_out FROM ops.quarantine GROUP BY ALL
) AS q USING (submission_id, attempt)
LEFT JOIN (
    SELECT submission_id, attempt, count(*) AS values_out FROM ops.quarantined_value GROUP BY ALL
) AS v USING (submission_id, attempt)
"""


def judge(
    home: Path, cases: Sequence[Case], before: frozenset[str], causes: Mapping[str, str]
) -> Report:
    """What came of the cases, with every fault that the home shows.

    `before` are the submissions that were there already; `causes` tells where an exception that
    was told came from.
    """
    report = Report()
    lines: dict[tuple[str, int], list[Record]] = {}
    for line in ask_ledger(
        home, "SELECT submission_id, attempt, code, severity, value FROM ops.issue"
    ):
        lines.setdefault((line["submission_id"], line["attempt"]), []).append(line)
    found: dict[tuple[str, str], list[Record]] = {}
    for row in ask_ledger(home, _SUBMISSIONS):
        if row["submission_id"] not in before:
            found.setdefault((row["feed_id"], row["sha256"]), []).append(row)
    for case in cases:
        own = found.get((case.feed_id, case.sha256), [])
        if not own:
            report.faults.append(Fault("no status", "it is not in the ledger", number=case.number))
        for row in own:
            told = lines.get((row["submission_id"], row["attempt"]), [])
            _count(report, row, told)
            report.faults += _faults_of(case, row, told, causes)
    report.faults += _of_home(home)
    report.faults += _digits_left(home, cases)
    return report


def _count(report: Report, row: Record, told: Sequence[Record]) -> None:
    report.statuses[row["status"]] = report.statuses.get(row["status"], 0) + 1
    for code in {line["code"] for line in told}:
        report.codes[code] = report.codes.get(code, 0) + 1


def _faults_of(
    case: Case, row: Record, told: Sequence[Record], causes: Mapping[str, str]
) -> Iterator[Fault]:
    status, kinds = row["status"], {line["severity"] for line in told}
    codes = Counter(line["code"] for line in told)

    def fault(kind: str, detail: str, cause: str = "") -> Fault:
        return Fault(kind, detail, cause, case.number)

    if status not in _STATUSES:
        yield fault("unknown status", str(status))
    parts = row["rows_accepted"], row["rows_quarantined"], row["rows_skipped"]
    if row["rows_read"] != sum(parts):
        yield fault("rows do not add up", f"read {row['rows_read']}, {parts}", status)
    if row["rows_quarantined"] != row["kept_out"]:
        yield fault("quarantine differs", f"{row['rows_quarantined']} and {row['kept_out']} rows")
    if row["values_rejected"] != row["values_out"]:
        yield fault("values differ", f"{row['values_rejected']} and {row['values_out']} values")
    became = [row[f"rows_{kind}"] for kind in ("new", "revised", "unchanged", "outdated")]
    if row["rows_accepted"] != sum(became):
        yield fault("accepted rows do not add up", f"{row['rows_accepted']} and {became}")
    if not _is_consistent(row, kinds):
        about = f"{status} with {sorted(kinds)}"
        yield fault("status contradicts findings", f"{about} and {parts}", about)
    for line in told:
        if line["code"] == OUR_FAULT:
            text = str(line["value"])
            name = text.partition(":")[0]
            yield fault("our reader failed", text[:200], causes.get(text) or causes.get(name, name))
    if case.planted and status != Status.DUPLICATE and not codes.keys() & set(PATIENT_DATA_CODES):
        yield fault("an NHS number passed", f"{status}, {case.story}", case.story)


def _is_consistent(row: Record, kinds: set[str]) -> bool:
    """Whether the status says what the findings and the counts say."""
    kept_out = row["rows_quarantined"] + row["values_rejected"] > 0
    match row["status"]:
        case Status.REJECTED:
            is_told = kinds & {"reject_submission", "reject_row"}
            return bool(is_told) and row["rows_accepted"] == 0
        case Status.ACCEPTED:
            return not kept_out and not kinds & {"reject_submission", "reject_row", "reject_value"}
        case Status.ACCEPTED_WITH_REJECTIONS:
            return kept_out and "reject_submission" not in kinds
        case Status.EMPTY:
            return row["rows_accepted"] == 0 and "reject_submission" not in kinds
        case _:
            return bool(row["duplicate_of"])


def _of_home(home: Path) -> Iterator[Fault]:
    """What is wrong with the home as a whole."""
    waiting = Landing(home).waiting()
    if waiting:
        yield Fault("still waiting", f"{len(waiting)} deliveries")
    try:
        assert_answered_once(home)
    except Exception as error:
        text = re.sub(r"\s+", " ", str(error))
        yield Fault("answers", f"{type(error).__name__}: {text[:200]}", type(error).__name__)


def _digits_left(home: Path, cases: Sequence[Case]) -> Iterator[Fault]:
    """Where the digits of planted numbers still stand, searched in the bytes of every file."""
    planted = {digits: case for case in cases for digits in case.planted}
    if not planted:
        return
    looked_for: dict[bytes, Case] = {}
    for digits, case in planted.items():
        for sign in ("", " ", "-"):
            number = sign.join((digits[:3], digits[3:6], digits[6:]))
            looked_for |= {number.encode(): case, number.encode("utf-16-le"): case}
    pattern = re.compile(b"|".join(map(re.escape, looked_for)))
    for path in home.rglob("*"):
        if path.is_file() and not path.is_symlink() and (hit := pattern.search(path.read_bytes())):
            case = looked_for[hit.group()]
            place = path.relative_to(home).parts[0]
            yield Fault("NHS digits are left", f"{case.story}: {path.name}", place, case.number)


def ids_in(home: Path) -> frozenset[str]:
    """The submissions that the home's ledger has."""
    rows: list[dict[str, Any]] = ask_ledger(home, "SELECT submission_id FROM ops.submission")
    return frozenset(row["submission_id"] for row in rows)
