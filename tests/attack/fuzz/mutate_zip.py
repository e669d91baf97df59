"""Damage to workbooks that are zip files: the container, its parts and the XML in them."""

import re
import zipfile
from collections.abc import Callable
from io import BytesIO
from random import Random
from xml.sax.saxutils import escape

from tests.attack.fuzz.mutate_bytes import BYTES, Mutation
from tests.attack.fuzz.nasty import nasty

Parts = list[tuple[str, bytes]]


def parts_of(content: bytes) -> Parts:
    """Name and bytes of each part that can be read."""
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            return [(one.filename, archive.read(one)) for one in archive.infolist()]
    except Exception:
        return []


def packed(parts: Parts, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip of the parts; two of one name stay two."""
    import warnings

    stream = BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(stream, "w", method) as archive:
        warnings.simplefilter("ignore")
        for name, content in parts:
            archive.writestr(zipfile.ZipInfo(name), content, method)
    return stream.getvalue()


def of_parts(change: Callable[[Random, Parts], Parts]) -> Mutation:
    """The change made to the parts."""

    def mutate(random: Random, content: bytes) -> bytes:
        parts = parts_of(content)
        return packed(change(random, parts)) if parts else content

    mutate.__name__ = change.__name__
    return mutate


def of_sheet(change: Callable[[Random, str], str]) -> Mutation:
    """The change made to the XML of a sheet, or of another part that is read."""

    def mutate(random: Random, content: bytes) -> bytes:
        parts = parts_of(content)
        likely = [
            at
            for at, (name, _) in enumerate(parts)
            if re.search(r"sheet\d+\.xml$|content\.xml$|sharedStrings|workbook\.xml$|styles", name)
        ]
        if not likely:
            return content
        sheets = [at for at in likely if re.search(r"sheet\d+\.xml$|content\.xml$", parts[at][0])]
        at = random.choice(sheets or likely) if random.random() < 0.7 else random.choice(likely)
        name, xml = parts[at]
        changed = change(random, xml.decode("utf-8", "surrogateescape"))
        parts[at] = (name, changed.encode("utf-8", "surrogatepass"))
        return packed(parts)

    mutate.__name__ = change.__name__
    return mutate


def _replace_one(
    random: Random, pattern: str, new: Callable[[re.Match[str]], str], xml: str
) -> str:
    """One match of the pattern, or now and then every one, is replaced."""
    found = list(re.finditer(pattern, xml))
    if not found:
        return xml
    if random.random() < 0.2:
        return re.sub(pattern, new, xml)
    one = random.choice(found)
    return xml[: one.start()] + new(one) + xml[one.end() :]


def references(random: Random, xml: str) -> str:
    """Cells and rows stand where no sheet reaches, or do not say where."""
    place = random.choice(
        (
            "XFD1048576",
            "xfd1048576",
            "AAA1",
            "ZZZZZZZ1",
            "A1048577",
            "A0",
            "A-1",
            "1A",
            "A",
            "",
            "A1:B2",
            "$A$1",
            "B99999999999999999999",
            "a1",
            "\uff21\uff11",
            "A1 ",
            "XFE1",
            "R1C1",
            "A2147483647",
        )
    )
    how = random.randrange(5)
    if how == 0:
        return re.sub(r'(<(?:c|row)) r="[^"]*"', r"\1", xml)
    if how == 1:
        return re.sub(r'<c r="([A-Z]+\d+)"', lambda m: f'<c r="{m[1].lower()}"', xml)
    if how == 2:
        number = random.choice(("0", "-1", "1048577", "4294967295", "x", "1", "99999999999"))
        return _replace_one(random, r'<row r="[^"]*"', lambda m: f'<row r="{number}"', xml)
    if how == 3:
        return re.sub(r'<dimension ref="[^"]*"', f'<dimension ref="A1:{place or "A1"}"', xml)
    return _replace_one(random, r'<c r="[^"]*"', lambda m: f'<c r="{place}"', xml)


def cell_values(random: Random, xml: str) -> str:
    """A cell has another type or another value."""
    new = escape(nasty(random))
    if "table:table-cell" in xml:
        how = random.randrange(3)
        if how == 0:
            return _replace_one(
                random, r"<text:p>[^<]*</text:p>", lambda m: f"<text:p>{new}</text:p>", xml
            )
        if how == 1:
            kind = random.choice(
                ("float", "string", "date", "time", "boolean", "percentage", "x", "")
            )
            return _replace_one(random, r'value-type="\w+"', lambda m: f'value-type="{kind}"', xml)
        return _replace_one(random, r'office:value="[^"]*"', lambda m: f'office:value="{new}"', xml)
    how = random.randrange(6)
    if how == 0:
        value = random.choice(
            ("1e999", "-1", "nan", "", "9" * 400, "2958466", "-700000", "4e9", new)
        )
        return _replace_one(random, r"<v>[^<]*</v>", lambda m: f"<v>{value}</v>", xml)
    if how == 1:
        kind = random.choice(("s", "n", "b", "e", "d", "str", "inlineStr", "x", ""))
        return _replace_one(
            random, r'(<c [^>]*?)( t="\w+")?>', lambda m: f'{m[1]} t="{kind}">', xml
        )
    if how == 2:
        return _replace_one(random, r"<v>[^<]*</v>", lambda m: "<f>SUM(A1)</f>", xml)
    if how == 3:
        text = f'<is><r><t>{new}</t></r><r><t xml:space="preserve"> </t></r></is>'
        return _replace_one(random, r"<v>[^<]*</v>", lambda m: text, xml)
    if how == 4:
        style = random.choice(("0", "1", "9999", "-1", "x"))
        return _replace_one(random, r'<c r="(\w+)"', lambda m: f'<c r="{m[1]}" s="{style}"', xml)
    return _replace_one(random, r"<t[^>]*>[^<]*</t>", lambda m: f"<t>{new}</t>", xml)


def repeats(random: Random, xml: str) -> str:
    """Rows, cells or merged areas are repeated further than anyone means."""
    many = random.choice((2, 1000, 20_000, 1_048_576, 2**31, 2**64, -1, 0))
    if "table:table-cell" in xml:
        tag = random.choice(("table-row", "table-cell"))
        kind = "rows" if tag == "table-row" else "columns"
        return _replace_one(
            random,
            f"<table:{tag}",
            lambda m: f'<table:{tag} table:number-{kind}-repeated="{many}"',
            xml,
        )
    merged = f'<mergeCells count="1"><mergeCell ref="A1:XFD{abs(many)}"/></mergeCells>'
    rows = re.findall(r"<row .*?</row>", xml, re.DOTALL)
    if rows and random.random() < 0.6:
        row = random.choice(rows)
        return xml.replace(row, row * min(abs(many), 500))
    return xml.replace("</sheetData>", "</sheetData>" + merged)


def markup(random: Random, xml: str) -> str:
    """XML that parsers stumble over."""
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 8))
    bomb = f'<!DOCTYPE x [<!ENTITY e0 "lol">{entities}]>'
    outside = '<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]>'
    head, sep, body = xml.partition("?>")
    cell = r">[^<>]+</(v|t|text:p)>"
    return random.choice(
        (
            lambda: (
                head + sep + bomb + _replace_one(random, cell, lambda m: f">&e7;</{m[1]}>", body)
            ),
            lambda: (
                head + sep + outside + _replace_one(random, cell, lambda m: f">&f;</{m[1]}>", body)
            ),
            lambda: _replace_one(random, cell, lambda m: f">&#57;&#x39;&amp;</{m[1]}>", xml),
            lambda: _replace_one(random, cell, lambda m: f">&#0;&#xD800;</{m[1]}>", xml),
            lambda: _replace_one(random, cell, lambda m: f"><![CDATA[1]]></{m[1]}>", xml),
            lambda: _replace_one(random, cell, lambda m: f"><!-- x -->1</{m[1]}>", xml),
            lambda: (
                head.replace("UTF-8", random.choice(("UTF-16", "latin-1", "x-none", "")))
                + sep
                + body
            ),
            lambda: xml[: random.randrange(len(xml) + 1)],
            lambda: body,
            lambda: xml + "<x/>",
            lambda: xml.replace("<", "<x:").replace("<x:/", "</x:").replace("<x:?", "<?"),
            lambda: _replace_one(random, r"</\w+>", lambda m: "", xml),
            lambda: _replace_one(random, r"<(\w+)", lambda m: f"<{m[1]}" + "<a>" * 2000, xml),
            lambda: xml.replace('"', "'"),
            lambda: "",
            lambda: _replace_one(
                random, r'name="[^"]*"', lambda m: f'name="{escape(nasty(random))}"', xml
            ),
            lambda: xml.replace("<workbookPr", '<workbookPr date1904="1"'),
        )
    )()


def members(random: Random, parts: Parts) -> Parts:
    """Parts are missing, doubled, renamed or strange."""
    at = random.randrange(len(parts))
    name, content = parts[at]
    how = random.randrange(6)
    if how == 0:
        return parts[:at] + parts[at + 1 :]
    if how == 1:
        return [*parts, (name, random.choice((content, b"", content[::-1])))]
    if how == 2:
        new = random.choice(
            (
                "/" + name,
                "../" + name,
                name.replace("/", "\\"),
                name.upper(),
                name + "/",
                "x" * 60_000,
                "\u202e" + name,
                "C:" + name,
            )
        )
        return [*parts[:at], (new, content), *parts[at + 1 :]]
    if how == 3:
        inner = packed(parts)
        return [*parts, ("xl/embeddings/Workbook1.xlsx", inner)]
    if how == 4:
        return [*parts, *((f"x/{number}.bin", b"") for number in range(random.choice((10, 3000))))]
    order = parts[:]
    random.shuffle(order)
    return order


def compression(random: Random, content: bytes) -> bytes:
    """Packed in another way."""
    parts = parts_of(content)
    method = random.choice((zipfile.ZIP_STORED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA))
    return packed(parts, method) if parts else content


def fields(random: Random, content: bytes) -> bytes:
    """A field of the zip's headers lies: version, flags, method, CRC, sizes, offset, count."""
    heads: dict[bytes, tuple[int, ...]] = {
        b"PK\x03\x04": (4, 6, 8, 14, 18, 22, 26, 28),
        b"PK\x01\x02": (6, 8, 10, 16, 20, 24, 28, 42),
    }
    heads[b"PK\x05\x06"] = (4, 8, 10, 12, 16, 20)
    sign = random.choice(list(heads))
    places = [one.start() for one in re.finditer(re.escape(sign), content)]
    if not places:
        return content
    # The same lie in both headers of a part is harder to see.
    chosen = places if random.random() < 0.3 else [random.choice(places)]
    field = random.choice(heads[sign])
    value = random.choice(
        (
            b"\x00",
            b"\x01",
            b"\x09",
            b"\x0e",
            b"\x3f\x00",
            b"\x63\x00",
            b"\xff\xff",
            b"\xff\xff\xff\xff",
            b"\x00\x00\x00\x00",
            b"\xff\xff\xff\x7f",
            b"\x09\x08",
        )
    )
    changed = bytearray(content)
    for place in chosen:
        changed[place + field : place + field + len(value)] = value
    return bytes(changed)


def around(random: Random, content: bytes) -> bytes:
    """Something stands before, behind, or in the comment."""
    extra = random.choice(
        (b"MZ" * 40, b"\0" * 30, b"PK\x05\x06" + b"\0" * 18, content, b"\xef\xbb\xbf")
    )
    return extra + content if random.random() < 0.5 else content + extra


ZIP: tuple[Mutation, ...] = (
    *[of_sheet(references)] * 2,
    *[of_sheet(cell_values)] * 8,
    of_sheet(repeats),
    *[of_sheet(markup)] * 2,
    of_parts(members),
    compression,
    fields,
    around,
    *BYTES[:2],
)
