"""Workbooks that are small and ask for much: each is refused with the reason, or read."""

import struct
import tracemalloc
import zipfile
import zlib
from collections.abc import Mapping
from io import BytesIO

import pytest

from pipelines.parse.files.refusal import Refusal
from pipelines.parse.files.workbook import Workbook
from pipelines.parse.files.workbook_size import is_surely_small
from pipelines.parse.formats.tables.sheet import read_sheet

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
ODS = "urn:oasis:names:tc:opendocument:xmlns"
DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
FIRST = '<row r="1"><c r="A1"><v>1</v></c></row>'


def workbook(sheet: str, shared: str = "", others: Mapping[str, bytes] | None = None) -> bytes:
    """A workbook of one sheet, with the rows and the shared strings as they are given."""
    relations = "".join(
        f'<Relationship Id="rId{number}" Type="{OFFICE}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(
            (("worksheet", "worksheets/sheet1.xml"), ("sharedStrings", "sharedStrings.xml")), 1
        )
    )
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types">'
        '<Default Extension="xml" ContentType="application/xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1" '
        f'Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>'
        '<sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">'
        f"{relations}</Relationships>",
        "xl/sharedStrings.xml": f'{DECLARATION}\r\n<sst xmlns="{MAIN}">{shared}</sst>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{MAIN}"><sheetData>{sheet}</sheetData>'
        "</worksheet>",
    }
    return archive({**{name: text.encode() for name, text in parts.items()}, **(others or {})})


def archive(parts: Mapping[str, bytes]) -> bytes:
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in parts.items():
            file.writestr(name, content)
    return stream.getvalue()


def spreadsheet(table: str) -> bytes:
    """An OpenDocument spreadsheet with the rows as they are given."""
    return archive(
        {
            "mimetype": b"application/vnd.oasis.opendocument.spreadsheet",
            "META-INF/manifest.xml": f'<m:manifest xmlns:m="{ODS}:manifest:1.0"/>'.encode(),
            "content.xml": (
                f'<o:document-content xmlns:o="{ODS}:office:1.0" xmlns:t="{ODS}:table:1.0" '
                f'xmlns:x="{ODS}:text:1.0"><o:body><o:spreadsheet><t:table t:name="S">{table}'
                "</t:table></o:spreadsheet></o:body></o:document-content>"
            )
            .replace("o:", "office:")
            .replace(":o=", ":office=")
            .replace("t:", "table:")
            .replace(":t=", ":table=")
            .replace("x:", "text:")
            .replace(":x=", ":text=")
            .encode(),
        }
    )


def many_times_shared(length: int, cells: int, others: str = "") -> bytes:
    rows = "".join(f'<row r="{r}"><c r="A{r}" t="s"><v>0</v></c></row>' for r in range(1, cells))
    return workbook(rows, f"<si><t>{'x' * length}</t></si>{others}")


def that_lies() -> bytes:
    """The archive says of the sheet that it has 100 bytes; it has millions."""
    content = bytearray(workbook(FIRST + " " * 5_000_000))
    at = content.rindex(b"PK\x01\x02", 0, content.rindex(b"xl/worksheets/sheet1.xml"))
    struct.pack_into("<I", content, at + 24, 100)
    return bytes(content)


FAR = '<row r="1048576"><c r="{}"><v>1</v></c></row>'
BOMBS = {
    "a far cell": workbook(FIRST + FAR.format("XFD1048576")),
    "a far cell in small letters": workbook(FIRST + FAR.format("xfd1048576")),
    "rows without places": workbook("<row><c><v>1</v></c></row>" * 120_000),
    "a row without places": workbook("<row>" + "<c><v>1</v></c>" * 16_000 + "</row>"),
    "a text that is shared by many cells": many_times_shared(32_000, 50_000),
    "zeros": workbook(FIRST, others={f"xl/media/{n}.bin": bytes(20_000_000) for n in range(10)}),
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_is_refused_for_its_size(bomb: str) -> None:
    with pytest.raises(Refusal) as refused:
        read_sheet(BOMBS[bomb], "file.xlsx", None)
    assert refused.value.finding.code == "FILE-010", refused.value.finding.message


def test_an_archive_that_lies_about_a_part_is_not_opened_here() -> None:
    assert not is_surely_small(that_lies())
    with pytest.raises(Refusal):
        read_sheet(that_lies(), "file.xlsx", None)


@pytest.mark.parametrize(
    "sheet",
    [
        FIRST,
        FIRST + '<row r="1048576"><c r="XFD1048576" s="1"/></row>',
        "<row><c><v>1</v></c></row>",
        '<row r="1"><c s="1" r="A1"><v>1</v></c></row>',
        "<row r='1'><c r='A1'><v>1</v></c></row>",
    ],
    ids=["plain", "far and empty", "no places", "other order", "single quotes"],
)
def test_what_is_odd_and_small_is_read(sheet: str) -> None:
    """A cell that is formatted and empty, however far away, is no part of the table."""
    assert read_sheet(workbook(sheet), "file.xlsx", None).rows == [["1"]]


@pytest.mark.parametrize(
    ("content", "is_small"),
    [
        (workbook(FIRST), True),
        (workbook(FIRST + '<row r="2"><c r="AB2"><v>1</v></c></row>'), True),
        (workbook(FIRST + '<row r="9000"><c r="ABC9000"><v>1</v></c></row>'), False),
        (workbook("<row><c><v>1</v></c></row>"), False),
        (workbook(FIRST, others={"xl/w/x.xml": "<worksheet><sheetData/>".encode("utf-16")}), False),
        (many_times_shared(30_000, 3_000), False),
        (many_times_shared(30, 3_000), True),
        (many_times_shared(30, 3_000, "<si><t xml:space='preserve'>a</t></si>" * 2_000), True),
        *(
            (many_times_shared(30, 3_000, f"<si><t>{pieces * 9_000}</t></si>"), False)
            for pieces in (
                "x<![CDATA[</si>]]>",
                "x<!-- </si> -->",
                "x<?p </si>?>",
                "x</t><r a='</si>'/><t>",
                "x</t><r a='></si>'/><t>",
            )
        ),
        (workbook(FIRST, others={"xl/s.xml": "<sst><si><t>x</t>".encode("utf-16")}), False),
    ],
    ids=[
        "one",
        "two",
        "far",
        "no places",
        "UTF-16",
        "long shared",
        "short shared",
        "many short",
        "an end in CDATA",
        "an end in a comment",
        "an end in an instruction",
        "an end in quotes",
        "a tag in quotes",
        "shared in UTF-16",
    ],
)
def test_only_what_is_surely_small_is_opened_here(content: bytes, is_small: bool) -> None:
    assert is_surely_small(content) == is_small


@pytest.mark.parametrize(
    ("content", "is_small"),
    [
        (workbook(FIRST, "<si><t>x</t></si>" * 900_000), True),
        *(
            pytest.param(*one, marks=pytest.mark.long)
            for one in (
                (workbook(FIRST, "<si><t>x</t></si>" * 1_100_000), False),
                (workbook(FIRST, f"<si>{'<t>xy</t>' * 2_000_000}</si>"), True),
                (workbook("".join(f'<c r="A{row}"/>' for row in range(1000, 900_000))), True),
            )
        ),
        (workbook('<c r="A1000"/>' * 1_100_000), False),
    ],
    ids=["texts", "too many texts", "parts of a text", "cells", "too many cells"],
)
def test_to_tell_whether_it_is_small_takes_little_memory(content: bytes, is_small: bool) -> None:
    is_surely_small.cache_clear()
    tracemalloc.start()
    try:
        told = is_surely_small(content)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
        is_surely_small.cache_clear()
    assert told == is_small
    assert peak < 100_000_000


def test_a_spreadsheet_of_another_kind_is_bounded_too() -> None:
    cell = '<t:table-cell o:value-type="string"{}><x:p>x</x:p></t:table-cell>'
    row = "<t:table-row{}>{}</t:table-row>"
    small = spreadsheet(row.format("", cell.format("")))
    assert read_sheet(small, "file.ods", None).rows == [["x"]]
    wide = cell.format(' t:number-columns-repeated="16000"')
    bomb = spreadsheet(row.format(' t:number-rows-repeated="1000000"', wide))
    with pytest.raises(Refusal) as refused:
        read_sheet(bomb, "file.xlsx", None)
    # The reader has a bound of its own for repeated cells.
    assert refused.value.finding.code in ("FILE-003", "FILE-010")


def test_a_child_is_gone_when_its_workbook_is_closed() -> None:
    with Workbook(workbook("<row><c><v>1</v></c></row>"), "file.xlsx") as book:
        child = book._child
        assert child is not None
        assert book.grid("S") == [[1.0]]
    assert child._child.poll() is not None


def test_a_sheet_that_is_not_there_leaves_no_child() -> None:
    with (
        Workbook(workbook("<row><c><v>1</v></c></row>"), "file.xlsx") as book,
        pytest.raises(Refusal),
    ):
        book.grid("another")


def test_the_checks_of_parts_are_those_of_the_archive() -> None:
    """A part whose bytes are not those that its checksum says is not surely small."""
    content = workbook(FIRST)
    with zipfile.ZipFile(BytesIO(content)) as file:
        checksum = file.getinfo("xl/worksheets/sheet1.xml").CRC
    assert is_surely_small(content)
    broken = content.replace(struct.pack("<I", checksum), struct.pack("<I", checksum ^ 1))
    assert zlib.crc32(broken) != zlib.crc32(content)
    assert not is_surely_small(broken)
