"""Damage to delimited text: delimiters, quotes, encodings, headings, rows and cells."""

import csv
from collections.abc import Callable
from io import StringIO
from random import Random

from tests.attack.fuzz.mutate_bytes import Mutation
from tests.attack.fuzz.nasty import nasty

Rows = list[list[str]]


def decoded(content: bytes) -> tuple[str, str]:
    """The text and its encoding, as far as the valid files go."""
    for mark, encoding in (
        (b"\xff\xfe", "utf-16"),
        (b"\xfe\xff", "utf-16"),
        (b"\xef\xbb\xbf", "utf-8-sig"),
    ):
        if content.startswith(mark):
            return content.decode(encoding, "replace"), encoding
    try:
        return content.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace"), "cp1252"


def encoded(text: str, encoding: str) -> bytes:
    """The text in that encoding; what it cannot say is written as it comes."""
    try:
        return text.encode(encoding, "surrogatepass")
    except (UnicodeEncodeError, LookupError):
        return text.encode("utf-8", "surrogatepass")


def delimiter_of(text: str) -> str:
    """The sign that stands most often in the first line."""
    first = text.partition("\n")[0]
    return max(",;\t|", key=first.count)


def of_rows(change: Callable[[Random, Rows], Rows]) -> Mutation:
    """The change made to the rows of a table."""

    def mutate(random: Random, content: bytes) -> bytes:
        text, encoding = decoded(content)
        delimiter = delimiter_of(text)
        try:
            rows = [row for row in csv.reader(StringIO(text), delimiter=delimiter)]
        except csv.Error:
            rows = [line.split(delimiter) for line in text.splitlines()]
        rows = change(random, rows or [[""]])
        out = StringIO()
        csv.writer(out, delimiter=delimiter, lineterminator="\n").writerows(rows)
        return encoded(out.getvalue(), encoding)

    mutate.__name__ = change.__name__
    return mutate


def of_text(change: Callable[[Random, str], str]) -> Mutation:
    """The change made to the text."""

    def mutate(random: Random, content: bytes) -> bytes:
        text, encoding = decoded(content)
        return encoded(change(random, text), encoding)

    mutate.__name__ = change.__name__
    return mutate


def cells(random: Random, rows: Rows) -> Rows:
    """Some cells hold something nasty."""
    for _ in range(random.choice((1, 1, 1, 3, 20))):
        row = random.choice(rows[1:] or rows)
        if row:
            row[random.randrange(len(row))] = nasty(random)
    return rows


def column(random: Random, rows: Rows) -> Rows:
    """A whole column holds something nasty."""
    at, value = random.randrange(max(1, len(rows[0]))), nasty(random)
    for row in rows[1:]:
        if at < len(row):
            row[at] = value
    return rows


def headings(random: Random, rows: Rows) -> Rows:
    """A heading is gone, doubled, spelt otherwise or nasty."""
    head = rows[0]
    at = random.randrange(max(1, len(head)))
    old = head[at] if head else ""
    new = random.choice(
        (nasty(random), old.upper(), f" {old}\u00a0", old + "\u00b9", "", old[::-1], old + "\n2",
         random.choice(head or [""]), "\ufeff" + old, f'"{old}"', old + "\x00")
    )  # fmt: skip
    rows[0] = [*head[:at], new, *head[at + 1 :]]
    return rows


def columns(random: Random, rows: Rows) -> Rows:
    """Columns are added, taken away or in another order."""
    how, width = random.randrange(4), len(rows[0])
    at = random.randrange(max(1, width))
    if how == 0:
        return [row[:at] + row[at + 1 :] for row in rows]
    if how == 1:
        return [[*row, *row[at : at + 1]] for row in rows]
    if how == 2:
        return [[*row, *[nasty(random)] * random.choice((1, 3, 200))] for row in rows]
    return [row[at:] + row[:at] for row in rows]


def rows_changed(random: Random, rows: Rows) -> Rows:
    """Rows are doubled, lost, ragged, blank or in another order."""
    how = random.randrange(8)
    at = random.randrange(len(rows))
    if how == 0:
        return rows[:at] + [rows[at]] * random.choice((2, 2, 50)) + rows[at + 1 :]
    if how == 1:
        return rows[:at] + rows[at + 1 :]
    if how == 2:
        return rows[:1]
    if how == 3:
        return [
            row[: random.randrange(len(row) + 1)] if random.random() < 0.3 else row for row in rows
        ]
    if how == 4:
        return [[*row, "x", ""] if random.random() < 0.3 else row for row in rows]
    if how == 5:
        return [one for row in rows for one in (row, [])]
    if how == 6:
        return rows[::-1]
    return rows + rows[: random.randrange(len(rows) + 1)]


def before(random: Random, rows: Rows) -> Rows:
    """Lines of words stand above or below the table."""
    words: Rows = [[nasty(random)] for _ in range(random.choice((1, 3, 60)))]
    return words + rows if random.random() < 0.6 else rows + words


def delimiters(random: Random, text: str) -> str:
    """Another delimiter, everywhere or here and there."""
    old, new = delimiter_of(text), random.choice((",", ";", "\t", "|", ":", " ", ",,", "\x1f"))
    if random.random() < 0.5:
        return text.replace(old, new)
    return "\n".join(
        line.replace(old, new) if random.random() < 0.4 else line for line in text.split("\n")
    )


def quotes(random: Random, text: str) -> str:
    """Quotes that do not match, or stand where none belong."""
    at = random.randrange(len(text) + 1)
    sign = random.choice(('"', '""', '"""', "'", '\\"', '"\n', "\u201c", '"x"y"'))
    if random.random() < 0.2:
        return text.replace(delimiter_of(text), sign + delimiter_of(text))
    return text[:at] + sign + text[at:]


def line_ends(random: Random, text: str) -> str:
    """Lines end otherwise."""
    return text.replace(
        "\n", random.choice(("\r", "\r\n", "\r\r\n", "\n\r", "\x0b", "\x85", "\u2028", "", "\n\n"))
    )


def encoding(random: Random, content: bytes) -> bytes:
    """Another encoding, or a mark that does not belong to it."""
    text, _ = decoded(content)
    into = random.choice(
        ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be", "utf-7", "cp037", "cp1252",
         "utf-8-sig", "shift_jis", "utf-8")
    )  # fmt: skip
    mark = random.choice((b"", b"", b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf" * 2))
    return mark + encoded(text.replace("a", random.choice("a\u00e9\u20ac")), into)


TEXT: tuple[Mutation, ...] = (
    of_rows(cells), of_rows(cells), of_rows(cells), of_rows(column), of_rows(headings),
    of_rows(columns), of_rows(rows_changed), of_rows(before),
    of_text(delimiters), of_text(quotes), of_text(line_ends), encoding,
)  # fmt: skip
