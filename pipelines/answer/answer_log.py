"""What the log of the task says of answers: what came, and what was kept out, where and why."""

import logging
from collections import Counter
from collections.abc import Sequence
from typing import Any

from pipelines.answer.answer_page import place_told
from pipelines.base.outgoing import one_line
from pipelines.registry.severity import Severity

_REJECTING = (Severity.REJECT_SUBMISSION, Severity.REJECT_ROW, Severity.REJECT_VALUE)
_MOST_LINES = 5
_MOST_FILES = 200
"""Refusals that are told of a file, and files of which any are told, each time."""
_MOST_SIGNS = 500


def tell_log(answers: Sequence[dict[str, Any]]) -> None:
    """The log has a count for each feed and status, then file, code and place of each refusal."""
    log = logging.getLogger(__name__)
    counted = Counter((answer["feed"], answer["status"]) for answer in answers)
    for (feed_id, status), count in sorted(counted.items()):
        log.info("%s: %s %d", feed_id, status, count)
    told = 0
    for answer in answers:
        lines = [line for line in answer["lines"] if line["severity"] in _REJECTING]
        if not lines:
            continue
        told += 1
        if told <= _MOST_FILES:
            _tell_file(log, answer, sorted(lines, key=_rank))
    if told > _MOST_FILES:
        log.info("and %d more files with refusals: see their answers", told - _MOST_FILES)


def _tell_file(
    log: logging.Logger, answer: dict[str, Any], lines: Sequence[dict[str, Any]]
) -> None:
    """The file's first refusals, the worst first, and how many more there are."""
    about = ": ".join(map(one_line, (answer["feed"], answer["file_name"], answer["status"])))
    for line in lines[:_MOST_LINES]:
        place = one_line(place_told(line)).removesuffix(":")
        at = f" at {place}" if place else ""
        log.info("%s: %s%s: %s", about, line["code"], at, one_line(line["message"], _MOST_SIGNS))
    more = len(lines) - _MOST_LINES if len(lines) > _MOST_LINES else 0
    more += sum(line.get("more") or 0 for line in lines)
    if more:
        log.info("%s: and %d more", about, more)


def _rank(line: dict[str, Any]) -> int:
    return _REJECTING.index(line["severity"])
