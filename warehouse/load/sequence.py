"""Merges many rows of a key at once, which come in the order in which their files were made.

A day that is loaded in bulk may have a hundred versions of the same values; each becomes the
revision that it would have been if it had been loaded by itself.
"""

from datetime import datetime

from pipelines.registry.carried_words import place_of
from warehouse.load.history import History

_CHANGED = (
    "FROM revision WHERE kind = 'held' AND (superseded_at IS NOT NULL OR confirmed IS NOT NULL)"
)


def merge_sequence(history: History, source: str, moment: datetime) -> None:
    """The rows of `source` are in the history, of which `held` has all revisions of their keys.

    No revision of these keys is from a later file. `compared` has the held values and the rows,
    each with what became of it: `kind`.
    """
    asked = ", ".join(f"bit_and({word})" for word in history.words("carried"))
    (by_all,) = history.execute(f"SELECT {asked} FROM {source}").fetchall()
    places = {name: place_of(bit) for name, bit in history.bits.items()}
    history.run(
        "sequence_compared",
        source=source,
        all_bits=[
            sum(value for own, value in places.values() if own == word)
            for word in range(history.word_count)
        ],
        carried_by_all={name for name, (word, value) in places.items() if by_all[word] & value},
    )
    history.run("sequence_revisions", moment=moment)
    if history.is_any(_CHANGED):
        history.run("sequence_change_held", changed=_CHANGED)
    history.run("sequence_insert")
