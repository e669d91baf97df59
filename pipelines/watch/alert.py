"""One roll-up of what is new and what is over: the text that people get.

A region's network that fails is one event and two hundred findings. Findings of a kind and a feed
stand on one line, the most urgent kind first, the newest of a kind first, and a long alert
ends with how many more there are: it is read on a telephone, at night.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from pipelines.base.outgoing import message_line
from pipelines.watch.state import Watched
from pipelines.watch.watch_finding import WatchKind, tell_some, tell_time

MOST_LINES = 20
"""About what is read; the rest is in the table `watch` and in `sitrep watch`."""


@dataclass(frozen=True)
class Alert:
    """What is sent: for people as text, for programs as rows."""

    subject: str
    text: str
    findings: list[dict[str, Any]]


def roll_up(
    new: Sequence[Watched],
    over: Sequence[Watched],
    open_count: int,
    moment: datetime,
    most: int = MOST_LINES,
) -> Alert | None:
    """The alert about these findings, None where there are none."""
    if not new and not over:
        return None
    parts = [f"{len(new)} new"] if new else []
    parts += [f"{len(over)} over"] if over else []
    subject = f"UEC feeds: {', '.join(parts)}, {open_count} open"
    groups = _groups(new)
    lines = [f"{subject} ({tell_time(moment)})"]
    told = groups[:most]
    for kind, own in groupby(told, key=lambda group: group[0].finding.kind):
        lines += _tell_kind(kind, list(own))
    finished = _groups(over)
    room = max(0, most - len(told))
    if finished[:room]:
        lines += ["", "OVER"]
        lines += [_tell_over(group) for group in finished[:room]]
    left = sum(len(group) for group in [*groups[most:], *finished[room:]])
    if left:
        lines += ["", f"and {left:,} more: `sitrep watch` lists all that are open."]
    rows = [{"state": "new", **as_row(row)} for group in groups for row in group]
    rows += [{"state": "over", **as_row(row)} for group in finished for row in group]
    return alert_of(subject, lines, rows)


def alert_of(subject: str, lines: Iterable[str], rows: Sequence[dict[str, Any]]) -> Alert:
    """The alert of these lines; nothing in a provider's text runs or adds a line."""
    text = "".join(f"{_as_line(line)}\n" for line in lines)
    own = [{name: _as_value(value) for name, value in row.items()} for row in rows]
    return Alert(_as_line(subject), text, own)


def _as_line(line: str) -> str:
    """The line for a mail or a chat, as far to the right as it was."""
    start = len(line) - len(line.lstrip(" "))
    return line[:start] + message_line(line[start:])


def _as_value(value: Any) -> Any:
    return message_line(value) if isinstance(value, str) else value


def as_row(row: Watched) -> dict[str, Any]:
    """The finding for programs; times are UTC."""
    finding = row.finding
    return {
        "code": finding.code,
        "title": finding.kind.title,
        "collection": finding.collection,
        "feed_id": finding.feed_id,
        "subject": finding.subject,
        "since": finding.since.isoformat(),
        "first_seen_at": row.first_seen_at.isoformat(),
        "ended_at": row.ended_at.isoformat() if row.ended_at else None,
        "message": finding.message,
        "fix": finding.fix,
        "will_not_help": finding.kind.no_help,
    }


def _groups(rows: Sequence[Watched]) -> list[list[Watched]]:
    """Findings of one kind and feed together; kinds in their order, the newest first.

    What a kind finds of different measures stays apart where the kind says so.
    """

    def about(row: Watched) -> tuple[str, str, str, str]:
        finding = row.finding
        measure = finding.subject.partition(" ")[0] if finding.kind.is_by_measure else ""
        return finding.code, finding.collection, finding.feed_id or "", measure

    ordered = sorted(rows, key=lambda row: row.finding.key)
    groups = [
        sorted(own, key=lambda row: row.finding.since, reverse=True)
        for _, own in groupby(sorted(ordered, key=about), key=about)
    ]
    groups.sort(key=lambda group: group[0].finding.since, reverse=True)
    groups.sort(key=lambda group: (group[0].finding.kind.urgency, group[0].finding.code))
    return groups


def _tell_kind(kind: WatchKind, groups: Sequence[Sequence[Watched]]) -> list[str]:
    """The lines of one kind: what, since when, what to do, and what will not help."""
    lines = ["", f"{kind.title.upper()} ({kind.code})"]
    for group in groups:
        newest = group[0]
        finding = newest.finding
        name = finding.feed_id or finding.collection
        lines.append(f"- {name}: {finding.message} Since {tell_time(_earliest(group))}.")
        if not newest.is_open:
            lines[-1] += " It is over."
        others = [row.finding.subject for row in group[1:]]
        if others:
            lines.append(f"  Also affected ({len(others)}): {tell_some(others)}.")
        if finding.fix != kind.fix:
            lines.append(f"  Do: {finding.fix}")
    if any(group[0].finding.fix == kind.fix for group in groups):
        lines.append(f"  Do: {kind.fix}")
    if kind.no_help:
        lines.append(f"  Will not help: {kind.no_help}")
    return lines


def _tell_over(group: Sequence[Watched]) -> str:
    finding = group[0].finding
    name = finding.feed_id or finding.collection
    subjects = [row.finding.subject for row in group if row.finding.subject]
    what = f" ({tell_some(subjects)})" if subjects else ""
    began = tell_time(_earliest(group))
    return f"- {finding.kind.title}: {name}{what}, since {began}."


def _earliest(group: Sequence[Watched]) -> datetime:
    return min(row.finding.since for row in group)
