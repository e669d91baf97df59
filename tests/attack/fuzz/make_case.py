"""The cases: each follows from the seed of the run and its number alone."""

import csv
import json
from collections.abc import Mapping, Sequence
from io import StringIO
from random import Random

from tests.attack.fuzz.case import Case
from tests.attack.fuzz.heavy import heavy
from tests.attack.fuzz.made_up import as_json, overlays
from tests.attack.fuzz.mutate_bytes import BYTES, Mutation
from tests.attack.fuzz.mutate_json import JSON
from tests.attack.fuzz.mutate_names import strange_name
from tests.attack.fuzz.mutate_text import TEXT, decoded, delimiter_of, encoded
from tests.attack.fuzz.mutate_xls import XLS
from tests.attack.fuzz.mutate_zip import ZIP, packed, parts_of
from tests.attack.fuzz.nasty import nhs_number
from tests.attack.fuzz.originals import Original, originals

OF_FORM: Mapping[str, Sequence[Mutation]] = {
    "csv": TEXT, "json": JSON, "xlsx": ZIP, "ods": ZIP, "xls": XLS
}  # fmt: skip
_WEIGHTS = {"csv": 4, "json": 4, "xlsx": 3, "ods": 1, "xls": 1}
"""Text is read in no time, so most cases are text."""
_HEAVY, _PLANTED, _NAMED, _MADE_UP = 0.002, 0.02, 0.06, 0.1
"""Shares of the cases: large ones, with an NHS number, strangely named, made by Hypothesis."""


def make_cases(seed: int, numbers: range) -> list[Case]:
    """The cases of these numbers."""
    made_up = overlays(seed * 1_000_003 + numbers.start, max(1, len(numbers) // 25))
    return [_make(Random(f"{seed}:{number}"), number, made_up) for number in numbers]


def _make(random: Random, number: int, made_up: Sequence[dict[str, object]]) -> Case:
    form = random.choices(list(_WEIGHTS), list(_WEIGHTS.values()))[0]
    original = random.choice([one for one in originals() if one.form == form])
    drawn = random.random()
    if drawn < _HEAVY:
        content, story = heavy(random, original)
        return Case(
            number, original.feed_id, original.name, content, f"heavy {form}: {story}", True
        )
    if drawn < _HEAVY + _PLANTED:
        digits = nhs_number(random)
        content = _plant(random, original, digits)
        story = f"an NHS number in {form}"
        return Case(number, original.feed_id, original.name, content, story, planted=(digits,))
    if drawn < _HEAVY + _PLANTED + _MADE_UP and form in ("csv", "json"):
        content = _with_made_up(random, original, random.choice(made_up))
        return Case(number, original.feed_id, original.name, content, f"made up {form}")
    content, told = original.content, []
    for _ in range(random.choice((1, 1, 1, 2, 3))):
        mutation = random.choice(OF_FORM[form] if random.random() < 0.92 else BYTES)
        try:
            content = mutation(random, content)
        except (RecursionError, ValueError, OverflowError, MemoryError):
            # What was damaged before cannot be taken apart any more.
            continue
        told.append(mutation.__name__)
    name = original.name
    if random.random() < _NAMED:
        name = strange_name(random, name)
        told.append("name")
    return Case(number, original.feed_id, name, content, f"{form}: {', '.join(told)}")


def _plant(random: Random, original: Original, digits: str) -> bytes:
    """The file with the number in one cell, as people write it."""
    sign = random.choice(("", " ", "-"))
    number = sign.join((digits[:3], digits[3:6], digits[6:]))
    if original.form == "csv":
        text, encoding = decoded(original.content)
        lines = text.split("\n")
        cells = lines[1].split(delimiter_of(text))
        cells[random.randrange(len(cells))] = number
        lines[1] = delimiter_of(text).join(cells)
        return encoded("\n".join(lines), encoding)
    if original.form == "json":
        text = original.content.decode()
        return text.replace('": ', f'": "{number}", "x": ', 1).encode()
    parts = dict(parts_of(original.content))
    if original.form == "ods":
        xml = parts["content.xml"].decode()
        new = f"<text:p>{number}</text:p>"
        xml = xml.replace("<text:p>", new + "<text:p>", 1)
        return packed(list({**parts, "content.xml": xml.encode()}.items()))
    if original.form == "xlsx":
        name = next(one for one in sorted(parts) if one.startswith("xl/worksheets/sheet"))
        cell = f'<row><c t="inlineStr"><is><t>{number}</t></is></c></row></sheetData>'
        xml = parts[name].decode().replace("</sheetData>", cell)
        return packed(list({**parts, name: xml.encode()}.items()))
    from tests.attack.fuzz.old_workbooks import write_xls

    return write_xls({"Sheet1": [["Site", "x"], [number, 1.0]]})


def _with_made_up(random: Random, original: Original, overlay: dict[str, object]) -> bytes:
    """The file with some of its cells or values made up, or a made-up document in its place."""
    cells = overlay["cells"]
    assert isinstance(cells, list)
    if original.form == "json":
        if random.random() < 0.4:
            return as_json(overlay["value"])
        lines = original.content.decode().split("\n")
        try:
            row = json.loads(lines[0])
        except ValueError:
            return as_json([overlay["value"]])
        for text in cells:
            row[random.choice(list(row))] = text if random.random() < 0.7 else overlay["value"]
        return b"\n".join([as_json(row), *(line.encode() for line in lines[1:])])
    text, encoding = decoded(original.content)
    sign = delimiter_of(text)
    rows = list(csv.reader(StringIO(text), delimiter=sign))
    for cell in cells:
        row = random.choice(rows)
        if row:
            row[random.randrange(len(row))] = str(cell)
    out = StringIO()
    csv.writer(out, delimiter=sign).writerows(rows)
    return encoded(out.getvalue(), encoding)
