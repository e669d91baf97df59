"""Spells the names of organisations, which ODS writes in capitals, as people read them."""

from pipelines.reference.facts import INITIALS, SMALL_WORDS


def make_readable_name(name: str) -> str:
    """The name in title case, with initials in capitals and small words in lower case."""
    words = name.split()
    befores = ["-", *words]
    spelled = [
        _spell_word(word, before, name.isupper())
        for before, word in zip(befores, words, strict=False)
    ]
    return " ".join(spelled)


def _spell_word(word: str, before: str, is_all_capitals: bool) -> str:
    if word.upper() in INITIALS:
        return word.upper()
    if word.lower() in SMALL_WORDS and before != "-":
        return word.lower()
    return word.capitalize() if is_all_capitals or word == "LTD" else word
