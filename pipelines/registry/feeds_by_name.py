"""Which feeds a file's name may belong to, found without asking each of them."""

from collections.abc import Iterable, Sequence

from pipelines.registry.feed import Feed

_WILD = "*?["


class FeedsByName:
    """Feeds by how the patterns of their files' names begin.

    A national collection has one folder and a feed for each trust: to compare each file with each
    pattern would cost more than to land it.
    """

    def __init__(self, feeds: Sequence[Feed]) -> None:
        self._feeds = feeds
        self._by_length: dict[int, dict[str, list[int]]] = {}
        for number, feed in enumerate(feeds):
            for start in {_start(one) for one in feed.source.name_patterns} or {""}:
                same = self._by_length.setdefault(len(start), {})
                same.setdefault(start, []).append(number)

    def near(self, file_name: str) -> Iterable[Feed]:
        """All feeds whose pattern may fit, in their order, and some whose pattern does not.

        Those whose files have no pattern are always among them.
        """
        name = file_name.casefold()
        found: set[int] = set()
        for length, same in self._by_length.items():
            found.update(same.get(name[:length], ()))
        return [self._feeds[number] for number in sorted(found)]


def _start(pattern: str) -> str:
    """What every name begins with that fits the pattern, whatever its case."""
    pattern = pattern.casefold()
    ends = [at for one in _WILD if (at := pattern.find(one)) >= 0]
    return pattern[: min(ends)] if ends else pattern
