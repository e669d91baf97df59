"""Which measures a submission carries: a bit for each, in as many words of a table as it takes.

A word is one BIGINT, whose sign is left alone. Nearly every collection has measures for one word
only, and its queries name one column; one of more than 63 has `carried_2` beside `carried`.
"""

WORD_BITS = 63
MOST_MEASURES = 10 * WORD_BITS
"""More than any national return has items; a mistake in a file makes more."""


def word_name(name: str, word: int) -> str:
    """The column of that word, counted from 0: `carried`, `carried_2` …"""
    return name if word == 0 else f"{name}_{word + 1}"


def words_for(bits: int) -> int:
    """How many words hold that many bits; one at least."""
    return max(1, -(-bits // WORD_BITS))


def place_of(bit: int) -> tuple[int, int]:
    """The word that a bit stands in, from 0, and the word's value where only that bit is set."""
    return bit // WORD_BITS, 1 << bit % WORD_BITS
