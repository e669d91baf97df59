"""Compares what a cluster has with what one machine has."""

from collections import Counter
from itertools import islice
from pathlib import Path
from typing import Any

from tests.support.compared_homes import State
from warehouse.store.connection import attached_warehouse

_MOST_SHOWN = 3


def answers_of(home: Path) -> list[tuple[str, int, int]]:
    """Of each submission how often it is in the ledger, and how often it was answered."""
    with attached_warehouse(home, read_only=True) as connection:
        return connection.execute(
            "SELECT submission_id, count(*), (SELECT count(*) FROM ops.answer AS a WHERE "
            "a.submission_id = s.submission_id AND a.attempt = s.attempt) "
            "FROM ops.submission AS s GROUP BY submission_id, s.attempt"
        ).fetchall()


def compare(of_one: State, of_cluster: State, answers: list[tuple[str, int, int]]) -> int:
    """Says what differs; 1 where anything does, or a submission has not one status and answer."""
    wrong = [
        name for name in of_one.keys() | of_cluster.keys() if _differs(name, of_one, of_cluster)
    ]
    twice = [one for one in answers if one[1:] != (1, 1)]
    rows = sum(len(own) for own in of_one.values())
    print(f"{rows:,} rows of {len(of_one)} tables compared; different: {sorted(wrong) or 'none'}")
    print(f"{len(answers):,} submissions; without exactly one status and answer: {len(twice)}")
    for name in sorted(wrong):
        _show(name, _determined(name, of_one) or [], _determined(name, of_cluster) or [])
    return 1 if wrong or twice else 0


def _show(name: str, ours: Any, theirs: Any) -> None:
    """How many rows each has, and some that the other has not."""
    print(name, len(ours), len(theirs))
    own, others = Counter(map(repr, ours)), Counter(map(repr, theirs))
    for told, only in (("one machine", own - others), ("cluster", others - own)):
        for row in islice(sorted(only), _MOST_SHOWN):
            print(f"  only {told}: {row}")


def _differs(name: str, of_one: State, of_cluster: State) -> bool:
    """Whether a table differs."""
    return bool(_determined(name, of_one) != _determined(name, of_cluster))


def _determined(name: str, state: State) -> Any:
    """Its rows; of the watch what it finds at the end: when it looked before is the cluster's."""
    rows = state.get(name)
    if rows is None or not name.endswith("watch"):
        return rows
    told = ("code", "collection", "feed_id", "subject")
    return sorted(repr([one[key] for key in told]) for one in rows if one["ended_at"] is None)
