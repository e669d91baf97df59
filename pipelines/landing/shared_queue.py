"""The queue of deliveries in Postgres: for several machines, which all land, load and settle."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from pipelines.base.state.postgres_sessions import Sessions
from pipelines.landing.delivery_queue import FileKey
from pipelines.landing.manifest_lines import Manifest, sortable

if TYPE_CHECKING:
    from psycopg import Connection

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Manifest).decode
_ENTER = (
    "INSERT INTO delivery AS held (delivery_id, feed_id, sha256, received_on, manifest) "
    "VALUES (%s, %s, %s, %s, %s) ON CONFLICT (delivery_id) DO "
)
_AT_ONCE = 10_000
"""Deliveries that one statement names or gives."""
_PAGE = "NOT is_settled AND delivery_id > %s AND delivery_id <= %s"


class SharedQueue:
    """The manifests of one schema; what waits is asked for each time."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    def waiting(self) -> list[Manifest]:
        """The deliveries that wait, in the order in which they came."""
        return self._find("NOT is_settled", [])

    def in_order(self, since: datetime | None = None) -> Iterator[Manifest]:
        """The same, in pages."""
        sql = "SELECT max(delivery_id) FROM delivery WHERE NOT is_settled"
        ((last,),) = self._sessions.rows(sql)
        given = sortable(since) if since else ""
        while last is not None and (page := self._find(_PAGE, [given, last], f"LIMIT {_AT_ONCE}")):
            given = page[-1].delivery_id
            yield from page

    def number_by_feed(self) -> Counter[str]:
        """Feed → its deliveries that wait."""
        sql = "SELECT feed_id, count(*) FROM delivery WHERE NOT is_settled GROUP BY feed_id"
        return Counter(dict(self._sessions.rows(sql)))

    def waiting_as(self, files: Collection[FileKey]) -> Mapping[FileKey, Manifest]:
        """Those of the files that wait now."""
        hashes = list({sha256 for _, sha256, _ in files})
        found = self._find("NOT is_settled AND sha256 = ANY(%s)", [hashes]) if hashes else []
        known = {(one.feed_id, one.sha256, one.file_name): one for one in found}
        return {file: known[file] for file in files if file in known}

    def enter(self, manifests: Sequence[Manifest]) -> None:
        """The manifests wait; those that are known stay as they are."""
        self._enter(manifests, "NOTHING")

    def enter_again(self, manifests: Sequence[Manifest]) -> None:
        """The manifests wait, also those that were settled."""
        self._enter(manifests, "UPDATE SET is_settled = false")

    def settle(self, delivery_ids: Collection[str]) -> None:
        """Those of them that wait are settled, all together."""
        ids = list(delivery_ids)
        sql = "UPDATE delivery SET is_settled = true WHERE delivery_id = ANY(%s) AND NOT is_settled"
        for start in range(0, len(ids), _AT_ONCE):
            self._sessions.run(sql, [ids[start : start + _AT_ONCE]])

    def settled_days(self) -> list[str]:
        """The days of receipt of the settled ones."""
        sql = "SELECT DISTINCT received_on::text FROM delivery WHERE is_settled ORDER BY 1"
        rows = self._sessions.rows(sql)
        return [day for (day,) in rows]

    def settled_on(self, day: str) -> dict[str, Manifest]:
        """The settled ones that were received on that day."""
        found = self._find("is_settled AND received_on = %s", [day])
        return {one.delivery_id: one for one in found}

    def back(self, day: str, delivery_ids: Collection[str]) -> int:
        """Those of the day wait again."""
        sql = (
            "UPDATE delivery SET is_settled = false "
            "WHERE delivery_id = ANY(%s) AND received_on = %s AND is_settled"
        )
        values = [list(delivery_ids), day]
        return self._sessions.run(sql, values)

    def forget(self, day: str) -> None:
        """The settled ones of that day are gone."""
        self._sessions.run("DELETE FROM delivery WHERE is_settled AND received_on = %s", [day])

    def find(self, delivery_id: str) -> Manifest | None:
        """The delivery of that id."""
        return next(iter(self._find("delivery_id = %s", [delivery_id])), None)

    def _find(self, condition: str, values: Sequence[Any], most: str = "") -> list[Manifest]:
        sql = f"SELECT manifest FROM delivery WHERE {condition} ORDER BY delivery_id {most}"
        rows = self._sessions.rows(sql, values)
        return [_decode(manifest) for (manifest,) in rows]

    def _enter(self, manifests: Iterable[Manifest], otherwise: str) -> None:
        rows = [
            (one.delivery_id, one.feed_id, one.sha256, one.received_at.date(), _encode(one))
            for one in manifests
        ]

        def enter(session: "Connection") -> None:
            with session.transaction(), session.cursor() as cursor:
                cursor.executemany(_ENTER + otherwise, rows)

        if rows:
            self._sessions.ask(enter)
