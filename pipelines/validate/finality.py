"""Whether a verdict would be the same at any time: what passes by itself, or is our own, is not.

Bytes that were refused for such a reason are judged anew when they come again, and are no
duplicate: a date that was in the future is past by then, a reader that failed is mended.
"""

from collections.abc import Iterable, Mapping

from pipelines.findings.finding import Finding
from pipelines.registry.contract import PARAMETER, Collection
from pipelines.registry.severity import Severity

_OUR_OWN = frozenset(("FILE-006", "FILE-011"))
"""No feed expected the file; our reader failed."""
_TIMES = ("now", "today", "last_month")
_REJECTING = (Severity.REJECT_SUBMISSION, Severity.REJECT_ROW, Severity.REJECT_VALUE)


def passing_codes(collection: Collection | None) -> frozenset[str]:
    """The codes of findings that may not come again for the same bytes."""
    forms = collection.rule_forms if collection is not None else ()
    rules = [form.rule for form in forms]
    timed = {rule.code for rule in rules if any(map(_names_time, rule.kwargs.values()))}
    return _OUR_OWN | timed


def is_final(findings: Iterable[Finding], passing: frozenset[str]) -> bool:
    """Whether none of what was refused was refused for such a reason."""
    return not any(one.code in passing and one.severity in _REJECTING for one in findings)


def _names_time(value: object) -> bool:
    return isinstance(value, Mapping) and value.get(PARAMETER) in _TIMES
