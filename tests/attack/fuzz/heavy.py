"""Files that ask for much memory or time; each is run alone."""

import json
from collections.abc import Callable, Sequence
from random import Random

from tests.attack.fuzz.mutate_text import decoded, delimiter_of, encoded
from tests.attack.fuzz.mutate_zip import packed, parts_of
from tests.attack.fuzz.old_workbooks import write_ods
from tests.attack.fuzz.originals import Original

_MOST_BYTES = 64 * 1024 * 1024


def heavy(random: Random, original: Original) -> tuple[bytes, str]:
    """A large or costly file like the original, at most 64 MB, and how it was made."""
    scale = random.choice((0.1, 0.3, 1.0, 1.0))
    makers = {"csv": _csv, "json": _json, "xlsx": _xlsx, "ods": _ods, "xls": _xls}
    content, story = makers[original.form](random, original.content, scale)
    return content[:_MOST_BYTES], f"{story}, scale {scale}"


def _csv(random: Random, content: bytes, scale: float) -> tuple[bytes, str]:
    text, encoding = decoded(content)
    sign = delimiter_of(text)
    head, _, body = text.partition("\n")
    row = body.partition("\n")[0]
    many = int(100_000 * scale)
    wrong = sign.join(["wrong"] * (head.count(sign) + 1))
    makers: Sequence[tuple[str, Callable[[], str]]] = (
        ("rows again and again", lambda: head + "\n" + f"{row}\n" * many),
        ("wrong rows", lambda: head + "\n" + f"{wrong}\n" * many),
        ("key and wrong cells", lambda: head + "\n" + f"{row.replace('1', 'x')}\n" * many),
        ("columns", lambda: head + "".join(f"{sign}c{n}" for n in range(many)) + "\n" + body),
        ("headings alone", lambda: sign.join(f"c{n}" for n in range(many * 10))),
        ("short lines", lambda: "x\n" * (many * 20)),
        ("blank lines", lambda: head + "\n" * (many * 50)),
        ("a long cell", lambda: f"{head}\n{'x' * (many * 300)}\n{body}"),
        ("an open quote", lambda: f'{head}\n"{"x,y" * (many * 100)}'),
        ("delimiters", lambda: f"{head}\n{sign * (many * 100)}"),
        ("header again and again", lambda: f"{head}\n" * (many // 2)),
        ("quotes", lambda: f"{head}\n" + '""' * (many * 100)),
        ("notes", lambda: head + "\n" + f"a note{sign}\n" * many),
        ("wide and long", lambda: head + "\n" + (sign * 1000 + "\n") * (many // 20)),
    )
    story, made = random.choice(makers)
    return encoded(made(), encoding), story


def _json(random: Random, content: bytes, scale: float) -> tuple[bytes, str]:
    many = int(100_000 * scale)
    try:
        first = json.loads(content.splitlines()[0])
    except ValueError:
        first = json.loads(content)
    rows = first.get("payload", {}).get("sites") or [first]
    row = rows[0]

    def document(objects: list[object]) -> bytes:
        if "payload" in first:
            return json.dumps({**first, "payload": {"sites": objects}}).encode()
        return "\n".join(map(json.dumps, objects)).encode()

    text = json.dumps(row)
    makers: Sequence[tuple[str, Callable[[], bytes]]] = (
        ("objects again and again", lambda: document([row] * (many // 2))),
        ("objects with wrong types", lambda: document([dict.fromkeys(row, "x")] * many)),
        (
            "keys of their own",
            lambda: document(
                [{**row, **{f"k{n}_{m}": 1 for m in range(40)}} for n in range(many // 16)]
            ),
        ),
        (
            "one object with many keys",
            lambda: document([{**row, **{f"k{n}": n for n in range(many * 3)}}]),
        ),
        ("a repeated key", lambda: ("{" + '"k":1,' * many + text[1:]).encode()),
        ("deep arrays", lambda: b"[" * (many * 10)),
        ("deep objects", lambda: b'{"a":' * many + b"1" + b"}" * many),
        ("deep value", lambda: (text[:-1] + ',"x":' + "[" * many + "]" * many + "}").encode()),
        ("numbers", lambda: json.dumps([1] * (many * 20)).encode()),
        ("a long text", lambda: document([{**row, "x": "y" * (many * 300)}])),
        ("a long number", lambda: (text[:-1] + ',"x":' + "9" * many + "}").encode()),
        ("empty objects", lambda: document([{}] * (many * 5))),
        ("escapes", lambda: (text[:-1] + ',"x":"' + "\\u0041" * (many * 30) + '"}').encode()),
        (
            "nested lists in cells",
            lambda: document([{**row, "x": [[1] * 100] * 100}] * (many // 1000)),
        ),
    )
    story, made = random.choice(makers)
    return made(), story


def _xlsx(random: Random, content: bytes, scale: float) -> tuple[bytes, str]:
    parts = dict(parts_of(content))
    name = next(one for one in sorted(parts) if one.startswith("xl/worksheets/sheet"))
    xml = parts[name].decode()
    many = int(100_000 * scale)
    end = "</sheetData>"

    def with_rows(rows: str) -> dict[str, bytes]:
        return {**parts, name: xml.replace(end, rows + end).encode()}

    def far(reference: str) -> dict[str, bytes]:
        return with_rows(f'<row><c r="{reference}" t="inlineStr"><is><t>x</t></is></c></row>')

    note = '<row><c t="inlineStr"><is><t>a note</t></is></c></row>'
    wide = "<row>" + "<c><v>1</v></c>" * 16_384 + "</row>"
    zeros = b"\0" * int(100_000_000 * scale)
    places = ("XFD1048576", "xfd1048576", "A1048576", "a1048576", "ALL10000", "ZZ99999", "XFD1")
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 9))
    bomb = xml.replace("?>", f'?><!DOCTYPE x [<!ENTITY e0 "lolx">{entities}]>', 1).replace(
        "<v>", "<v>&e8;", 1
    )
    makers: Sequence[tuple[str, Callable[[], dict[str, bytes]]]] = (
        ("notes down to the end", lambda: with_rows(note * many)),
        ("rows without references", lambda: with_rows(wide * max(1, many // 1000))),
        ("a far cell", lambda: far(random.choice(places))),
        ("a far cell", lambda: far(random.choice(places))),
        ("parts of zeros", lambda: {**parts, **{f"xl/media/{n}.bin": zeros for n in range(8)}}),
        (
            "a sheet of blanks",
            lambda: {**parts, name: xml.replace(end, " " * (many * 2000) + end).encode()},
        ),
        (
            "shared strings",
            lambda: {
                **parts,
                "xl/sharedStrings.xml": b"<sst>" + b"<si><t>x</t></si>" * (many * 10) + b"</sst>",
            },
        ),
        ("entities", lambda: {**parts, name: bomb.encode()}),
        ("many sheets' worth of empty rows", lambda: with_rows("<row/>" * (many * 10))),
        ("a long text", lambda: with_rows(note.replace("a note", "x" * (many * 300)))),
        ("many parts", lambda: {**parts, **{f"x/{n}": b"" for n in range(many // 2)}}),
        (
            "styles",
            lambda: {
                **parts,
                "xl/styles.xml": b"<styleSheet><cellXfs>"
                + b'<xf numFmtId="14"/>' * (many * 10)
                + b"</cellXfs></styleSheet>",
            },
        ),
    )
    story, made = random.choice(makers)
    return packed(list(made().items())), story


def _ods(random: Random, content: bytes, scale: float) -> tuple[bytes, str]:
    parts = dict(parts_of(content))
    xml = parts["content.xml"].decode()
    many = int(1_000_000 * scale)
    end = "</table:table>"
    row = (
        '<table:table-row table:number-rows-repeated="{}"><table:table-cell '
        'table:number-columns-repeated="{}" office:value-type="string"><text:p>{}</text:p>'
        "</table:table-cell></table:table-row>"
    )
    story, new = random.choice(
        (
            ("a note repeated", row.format(many, 1, "a note")),
            ("cells repeated", row.format(many, 1024, "x")),
            ("empty cells repeated", row.format(many, 16_384, "")),
            ("wide rows", row.format(100, many, "1")),
            ("rows that are there", row.format(1, 1, "x") * (many // 10)),
            ("spaces", row.format(1, 1, f'<text:s text:c="{2**31 - 1}"/>')),
        )
    )
    if random.random() < 0.2:
        # Named .xlsx by whoever sends it; and as large as a sheet can be.
        sheets = {"Sheet1": [["x"] * 100] * int(2000 * scale)}
        return write_ods(sheets), "a plain large .ods"
    return packed(
        list({**parts, "content.xml": xml.replace(end, new + end, 1).encode()}.items())
    ), story


def _xls(random: Random, content: bytes, scale: float) -> tuple[bytes, str]:
    import struct

    many = int(60_000 * scale)
    kind = random.choice(("far", "many"))
    stream = content.find(b"\x00\x02\x0e\x00")
    if kind == "far" or stream < 0:
        changed = bytearray(content)
        struct.pack_into("<II", changed, stream + 4, 0, 65_536)
        struct.pack_into("<HH", changed, stream + 12, 0, 65_535)
        at = content.find(b"\x03\x02\x0e\x00")
        if at > 0:
            struct.pack_into("<HH", changed, at + 4, 65_535, 65_535)
        return bytes(changed), "a far cell"
    from tests.attack.fuzz.old_workbooks import write_xls

    return write_xls({"Sheet1": [["a note", "x", 1.0]] * many}), "many rows"
