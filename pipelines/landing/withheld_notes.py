"""What the note in place of bytes says: the findings for which they are not in landing.

They were not kept for patient data, or were never read because there are too many of them.
"""

import json
from collections.abc import Mapping, Sequence

from pipelines.findings.finding import Finding, finding
from pipelines.findings.finding_kinds import KINDS


def note_from(told: Sequence[Finding]) -> str:
    """The findings as a note that stands in place of the bytes."""
    return json.dumps(
        [{"code": one.code, "message": one.message, "value": one.value} for one in told]
    )


def findings_in(note: str) -> list[Finding]:
    """The findings that the note tells; one of patient data where the note is damaged."""
    try:
        known = json.loads(note)
        # Notes of earlier versions have one finding.
        told = [_recalled(one) for one in (known if isinstance(known, list) else [known])]
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
        told = []
    return told or [finding("DATA-001", count="some")]


def _recalled(known: Mapping[str, str]) -> Finding:
    kind = KINDS[known["code"]]
    value = known["value"]
    return Finding(kind.code, kind.severity, str(known["message"]), kind.fix, value=value)
