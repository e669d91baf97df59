# ruff: noqa: E501
"""Ways to write a patient's number into a file: each is the number as text, or a whole file.

The number is of the range 999, which is never given to anybody.
"""

import bz2
import gzip
import json
import lzma
import struct
import zipfile
from io import BytesIO

from tests.support.old_workbook import compound_file, macros, old_workbook, unicode_string

NUMBER = "9991234578"
PARTS = (NUMBER[:3], NUMBER[3:6], NUMBER[6:])


def by(sign: str) -> str:
    """The number in its three groups with a sign between."""
    return sign.join(PARTS)


def in_digits_from(zero: str) -> str:
    """The number in the digits of another script."""
    return "".join(chr(ord(zero) + int(digit)) for digit in NUMBER)


TEXT_WAYS: dict[str, str] = {
    "plain": NUMBER,
    "space": by(" "),
    "two spaces": by("  "),
    "dash": by("-"),
    "dash with spaces": by(" - "),
    "mixed signs": f"{PARTS[0]} {PARTS[1]}-{PARTS[2]}",
    "no-break space": by("\u00a0"),
    "thin space": by("\u2009"),
    "figure space": by("\u2007"),
    "narrow no-break space": by("\u202f"),
    "ideographic space": by("\u3000"),
    "zero-width space": by("\u200b"),
    "zero-width joiner between all": "\u200d".join(NUMBER),
    "soft hyphen": by("\u00ad"),
    "left-to-right marks": f"\u200e{NUMBER}\u200e",
    "en dash": by("\u2013"),
    "em dash": by("\u2014"),
    "non-breaking hyphen": by("\u2011"),
    "minus sign": by("\u2212"),
    "figure dash": by("\u2012"),
    "dot": by("."),
    "middle dot": by("\u00b7"),
    "slash": by("/"),
    "backslash": by("\\"),
    "underscore": by("_"),
    "colon": by(":"),
    "tab": by("\t"),
    "apostrophe before": f"'{NUMBER}",
    "brackets": f"({PARTS[0]}) {PARTS[1]}-{PARTS[2]}",
    "full-width digits": in_digits_from("\uff10"),
    "Arabic digits": in_digits_from("\u0660"),
    "Devanagari digits": in_digits_from("\u0966"),
    "bold digits": in_digits_from("\U0001d7ce"),
    "superscript digits": NUMBER.translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")),
    "keycaps": "".join(f"{digit}\ufe0f\u20e3" for digit in NUMBER),
    "each digit apart": " ".join(NUMBER),
    "two groups": f"{NUMBER[:3]} {NUMBER[3:]}",
    "five and five": f"{NUMBER[:5]} {NUMBER[5:]}",
    "four, three, three": f"{NUMBER[:4]} {NUMBER[4:7]} {NUMBER[7:]}",
    "thousands": "9 991 234 578",
    "glued to letters": f"NHS{NUMBER}",
    "glued with a point": f"NHS No.{NUMBER}",
    "glued on both sides": f"pt{NUMBER}x",
    "with decimals": f"{NUMBER}.0",
    "scientific": "9.991234578E9",
    "scientific with a sign": "9.991234578e+09",
    "scientific, moved": "999123.4578E4",
    "entities": "".join(f"&#{ord(digit)};" for digit in NUMBER),
    "hexadecimal entities": "".join(f"&#x{ord(digit):x};" for digit in NUMBER),
    "entity of a space": by("&nbsp;"),
    "escaped for an address": by("%20"),
    "escaped digits of an address": "".join(f"%{ord(digit):x}" for digit in NUMBER),
    "read in a wrong encoding": by("\u00c2\u00a0"),
}
"""The number as it may stand in one cell."""

_HEAD = "Site,Interval,Note"


def csv_of(cell: str, encoding: str = "utf-8") -> bytes:
    """A table with the text in a cell."""
    return f"{_HEAD}\nRF4,2019-03-08T11:00:00Z,Quetzalcoatlus {cell}\n".encode(encoding)


def package(parts: dict[str, str | bytes], packing: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip package of those parts."""
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w", packing) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        for name, part in parts.items():
            archive.writestr(name, part)
    return stream.getvalue()


def _runs(*texts: str) -> str:
    return "".join(f'<r><rPr><b/><sz val="11"/></rPr><t>{text}</t></r>' for text in texts)


def _cell(xml: str) -> str:
    return f'<worksheet><sheetData><row r="1"><c r="A1">{xml}</c></row></sheetData></worksheet>'


_SHEET, _STRINGS = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"
PARTS_OF_WORKBOOKS: dict[str, dict[str, str | bytes]] = {
    "numeric cell": {_SHEET: _cell(f"<v>{NUMBER}</v>")},
    "scientific cell": {_SHEET: _cell("<v>9.991234578E9</v>")},
    "cell with decimals": {_SHEET: _cell(f"<v>{NUMBER}.0</v>")},
    "shared string": {_STRINGS: f"<sst><si><t>{by(' ')}</t></si></sst>"},
    "three runs": {_STRINGS: f"<sst><si>{_runs(*PARTS)}</si></sst>"},
    "ten runs": {_STRINGS: f"<sst><si>{_runs(*NUMBER)}</si></sst>"},
    "runs with a prefix": {
        _STRINGS: "<x:sst><x:si><x:r><x:t>99912</x:t></x:r><x:r><x:t>34578</x:t></x:r></x:si></x:sst>"
    },
    "runs on lines of their own": {
        _STRINGS: "<sst><si>\n  <r>\n    <t>999 123 </t>\n  </r>\n  <r>\n    <t>4578</t>\n  </r>\n</si></sst>"
    },
    "inline string": {_SHEET: _cell(f"<is>{_runs('99912345', '78')}</is>")},
    "entities in a string": {_STRINGS: "<sst><si><t>&#57;991234&#x35;78</t></si></sst>"},
    "CDATA": {_STRINGS: "<sst><si><t><![CDATA[999]]> 123 <![CDATA[4578]]></t></si></sst>"},
    "XML comment inside": {_STRINGS: "<sst><si><t>99912<!-- -->34578</t></si></sst>"},
    "XML comment": {_STRINGS: f"<sst><!-- {NUMBER} --></sst>"},
    "processing instruction": {_STRINGS: f"<sst><?note {NUMBER}?></sst>"},
    "UTF-16 part": {_STRINGS: f"<sst><si><t>{by('-')}</t></si></sst>".encode("utf-16")},
    "part in an unusual encoding": {
        _STRINGS: f'<?xml version="1.0" encoding="cp037"?><t>{NUMBER}</t>'.encode("cp037")
    },
    "sheet name": {
        "xl/workbook.xml": f'<workbook><sheets><sheet name="{by(" ")}"/></sheets></workbook>'
    },
    "defined name": {
        "xl/workbook.xml": f'<workbook><definedName name="a">"{NUMBER}"</definedName></workbook>'
    },
    "formula": {_SHEET: _cell('<f>"999"&amp;"123"&amp;"4578"</f><v>1</v>')},
    "formula of texts": {_SHEET: _cell('<f>CONCATENATE("999","123","4578")</f>')},
    "data validation": {
        _SHEET: f'<worksheet><dataValidation prompt="{by(".")}"><formula1>1</formula1></dataValidation></worksheet>'
    },
    "link target": {
        "xl/worksheets/_rels/sheet1.xml.rels": f"<Relationships><Relationship Target='tel:{NUMBER}'/></Relationships>"
    },
    "link target, escaped": {
        "xl/worksheets/_rels/sheet1.xml.rels": f'<R Target="mailto:a@b?subject={by("%20")}"/>'
    },
    "table column": {"xl/tables/table1.xml": f'<table><tableColumn name="{by(" ")}"/></table>'},
    "header": {_SHEET: f"<worksheet><oddHeader>&amp;C{NUMBER}</oddHeader></worksheet>"},
    "note": {
        "xl/comments1.xml": f"<comments><comment><text>{_runs(*PARTS)}</text></comment></comments>"
    },
    "threaded comment": {"xl/threadedComments/t1.xml": f"<t><text>see {by(' ')}</text></t>"},
    "pivot cache": {"xl/pivotCache/pivotCacheDefinition1.xml": f'<p><s v="{NUMBER}"/></p>'},
    "pivot records": {
        "xl/pivotCache/pivotCacheRecords1.xml": '<p><r><n v="9.991234578E9"/></r></p>'
    },
    "drawing": {
        "xl/drawings/drawing1.xml": "<x><a:p><a:r><a:rPr lang='en-GB'/><a:t>999123</a:t></a:r>"
        "<a:r><a:t>4578</a:t></a:r></a:p></x>"
    },
    "lines of a text box": {
        "xl/drawings/drawing1.xml": "<x><a:p><a:r><a:t>999</a:t></a:r></a:p>"
        "<a:p><a:r><a:t>123</a:t></a:r></a:p><a:p><a:r><a:t>4578</a:t></a:r></a:p></x>"
    },
    "old drawing": {
        "xl/drawings/vmlDrawing1.vml": "<xml><div><font>999</font> <font>123</font> <font>4578</font></div></xml>"
    },
    "chart": {"xl/charts/chart1.xml": f"<c:chart><c:v>{NUMBER}</c:v></c:chart>"},
    "document property": {"docProps/core.xml": f"<cp><dc:title>{by(' ')}</dc:title></cp>"},
    "custom property": {"docProps/custom.xml": f'<p name="{NUMBER}"><vt:i8>1</vt:i8></p>'},
    "custom XML": {"customXml/item1.xml": f"<patient><id>{NUMBER}</id></patient>"},
    "external link": {
        "xl/externalLinks/externalLink1.xml": f'<l><cell r="A1"><v>{NUMBER}</v></cell></l>'
    },
    "query": {"xl/connections.xml": f'<c command="SELECT * FROM x WHERE n={NUMBER}"/>'},
    "name of a part": {f"xl/media/{NUMBER}.png": b"\x89PNG"},
    "picture's text": {"xl/media/image1.png": b"\x89PNG\r\n\x1a\ntEXt" + by(" ").encode()},
    "text part": {"xl/notes.txt": f"see {by('/')}"},
    "binary strings": {
        "xl/sharedStrings.bin": b"\x13"
        + bytes([24 + 1])
        + b"\0\x0a\0\0\0"
        + NUMBER.encode("utf-16-le")
    },
    "binary number": {
        "xl/worksheets/sheet1.bin": b"\x05\x10" + bytes(8) + struct.pack("<d", float(NUMBER))
    },
    "binary small number": {
        # 99912345.78, times a hundred: kept as an integer of 30 bits it would not fit.
        "xl/worksheets/sheet1.bin": b"\x02\x0c" + bytes(8) + struct.pack("<d", float(NUMBER))[4:],
    },
    "embedded workbook": {
        "xl/embeddings/Microsoft_Excel_Sheet1.xlsx": package({_SHEET: _cell(f"<v>{NUMBER}</v>")})
    },
    "workbook within a workbook within a workbook": {
        "xl/embeddings/a.xlsx": package({"xl/embeddings/b.xlsx": package({_STRINGS: by(" ")})})
    },
    "embedded letter": {
        "xl/embeddings/Word.docx": package(
            {
                "word/document.xml": "<w:p><w:r><w:t>999 123</w:t></w:r><w:r><w:t> 4578</w:t></w:r></w:p>"
            }
        )
    },
    "embedded object": {
        "xl/embeddings/oleObject1.bin": compound_file(
            {"\x01Ole10Native": NUMBER.encode("utf-16-le")}
        )
    },
    "workbook in an object": {
        "xl/embeddings/oleObject1.bin": compound_file({"Package": package({_STRINGS: by(" ")})})
    },
    "old workbook in an object": {
        "xl/embeddings/oleObject1.bin": compound_file(
            {"Workbook": old_workbook((0x203, bytes(6) + struct.pack("<d", float(NUMBER))))}
        )
    },
    "macros": {
        "xl/vbaProject.bin": compound_file(
            {"Module1": macros(f"' of {NUMBER} and others".encode())}
        )
    },
    "macros with copies": {
        "xl/vbaProject.bin": compound_file(
            {"Module1": macros(f"Sub a()\n' {by(' ')}\n".encode(), b"' of the Sub\n")}
        )
    },
}
del PARTS_OF_WORKBOOKS["binary small number"]

OPEN_DOCUMENTS: dict[str, str] = {
    "value of a cell": f'<table:table-cell office:value="{NUMBER}"/>',
    "text of a cell": f"<table:table-cell><text:p>{by(' ')}</text:p></table:table-cell>",
    "spans": "<text:p>999<text:span>123</text:span>4578</text:p>",
    "spaces of its own": "<text:p>999<text:s/>123<text:s text:c='2'/>4578</text:p>",
    "lines in a cell": "<table:table-cell><text:p>999</text:p><text:p>123</text:p>"
    "<text:p>4578</text:p></table:table-cell>",
    "annotation": f"<office:annotation><text:p>{NUMBER}</text:p></office:annotation>",
    "name of a table": f'<table:table table:name="{by("-")}"/>',
}

OLD_WORKBOOKS: dict[str, bytes] = {
    "number": old_workbook((0x203, bytes(6) + struct.pack("<d", float(NUMBER)))),
    "result of a formula": old_workbook(
        (0x06, bytes(6) + struct.pack("<d", float(NUMBER)) + bytes(8))
    ),
    "number in a formula": old_workbook(
        (0x06, bytes(22) + b"\x1f" + struct.pack("<d", float(NUMBER)))
    ),
    "packed number": old_workbook((0x27E, bytes(6) + struct.pack("<d", 9991234560.0)[4:])),
    "label": old_workbook((0x204, bytes(6) + b"\x0c\0\0" + by(" ").encode())),
    "shared string": old_workbook((0xFC, bytes(8) + unicode_string(by("-"), False))),
    "shared wide string": old_workbook((0xFC, bytes(8) + unicode_string(by("\u2013"), True))),
    "string over two records": old_workbook(
        (0xFC, bytes(8) + unicode_string(NUMBER, False)[:8]),
        (0x3C, b"\0" + unicode_string(NUMBER, False)[8:]),
    ),
    "string that becomes wide": old_workbook(
        (0xFC, bytes(8) + unicode_string(NUMBER, False)[:9]),
        (0x3C, b"\x01" + NUMBER[6:].encode("utf-16-le")),
    ),
    "sheet name": old_workbook((0x85, bytes(6) + b"\x0a\0" + NUMBER.encode())),
    "note": old_workbook((0x1B6, bytes(18)), (0x3C, b"\0" + by(" ").encode())),
    "wide note": old_workbook((0x1B6, bytes(18)), (0x3C, b"\x01" + by(" ").encode("utf-16-le"))),
    "link": old_workbook((0x1B8, bytes(33) + f"tel:{NUMBER}".encode("utf-16-le"))),
    "pivot cache": old_workbook((0xC9, struct.pack("<d", float(NUMBER)))),
    "header": old_workbook((0x14, b"\x0c\0\0" + by(" ").encode())),
}
del OLD_WORKBOOKS["packed number"]


def _damaged() -> dict[str, bytes]:
    whole = package({_STRINGS: f"<sst><si><t>{by(' ')}</t></si></sst>" + "<si/>" * 200})
    stored = package({_STRINGS: f"<sst><si><t>{by(' ')}</t></si></sst>"}, zipfile.ZIP_STORED)
    hidden = package({"a.xml": f"<a>{NUMBER}</a>"})
    return {
        "cut": whole[:-40],
        "cut in the part": whole[: whole.index(b"PK\x01\x02") - 12],
        "stored and cut": stored[: stored.index(b"PK\x01\x02")],
        "wrong checksum": whole.replace(whole[-60:-50], bytes(10)),
        "something before it": b"x" * 100 + whole,
        "not listed": hidden[: hidden.index(b"PK\x01\x02")] + package({_STRINGS: "<sst/>"}),
        "behind it": package({_STRINGS: "<sst/>"}) + NUMBER.encode(),
        "comment": _with_comment(package({_STRINGS: "<sst/>"}), NUMBER.encode()),
    }


def _with_comment(content: bytes, comment: bytes) -> bytes:
    return content[:-2] + struct.pack("<H", len(comment)) + comment


def whole_files() -> dict[str, bytes]:
    """Files of each kind with the number in one of the ways, by a name that ends as they do."""
    files = {
        **{f"{way}.csv": csv_of(cell) for way, cell in TEXT_WAYS.items()},
        **{f"{way} in {code}.csv": csv_of(TEXT_WAYS[way], code) for way, code in (
            ("space", "utf-16"), ("full-width digits", "utf-16-be"), ("no-break space", "cp1252"),
            ("plain", "utf-32"), ("en dash", "cp1252"), ("space", "utf-8-sig"), ("dash", "cp037"),
            ("full-width digits", "gb18030"), ("full-width digits", "shift_jis"))},
        "lines in a cell.csv": csv_of('').replace(b"Quetzalcoatlus ", b'"999\n123\n4578"'),
        "commas in a cell.csv": csv_of('').replace(b"Quetzalcoatlus ", b'"999,123,4578"'),
        "formula.csv": csv_of('="999"&"123"&"4578"'),
        "tabs between and in.csv": b'Site\tNote\nRF4\t"999\t123\t4578"\n',
        "semicolons.csv": f"Site;Note\nRF4;{by(',')}\n".encode(),
        "heading.csv": f"Site,Interval,{by(' ')}\nRF4,2019-03-08,1\n".encode(),
        "HTML.csv": f"<table><tr><td>{by('<b></b>')}</td></tr></table>".encode(),
        "gzip.csv": gzip.compress(csv_of(NUMBER)),
        "gzip twice.csv": gzip.compress(gzip.compress(csv_of(NUMBER))),
        "gzip, cut.csv": gzip.compress(csv_of(NUMBER))[:-9],
        "two gzips.csv": gzip.compress(b"a,b\n") + gzip.compress(csv_of(NUMBER)),
        "bzip2.csv": bz2.compress(csv_of(NUMBER)),
        "xz.csv": lzma.compress(csv_of(NUMBER)),
        "zip.csv": package({"list.csv": csv_of(by("\t"))}),
        "workbook.csv": package({_STRINGS: f"<si><t>{NUMBER}</t></si>"}),
        "escapes.json": ('[{"note": "' + "".join(f"\\u{ord(d):04x}" for d in NUMBER) + '"}]').encode(),
        "number.json": f'[{{"beds": {NUMBER}}}]'.encode(),
        "decimal number.json": f'[{{"beds": {NUMBER}.0}}]'.encode(),
        "scientific number.json": b'[{"beds": 9.991234578e9}]',
        "key.json": json.dumps([{by(" "): 1}]).encode(),
        "nested.json": json.dumps({"a": {"b": [{"c": [[by("-")]]}]}}).encode(),
        "escaped spaces.json": json.dumps([{"n": by("\u00a0")}]).encode(),
        "tab.json": json.dumps([{"n": by("\t")}]).encode(),
        "line breaks.json": json.dumps([{"n": by("\n")}]).encode(),
        "commas.json": json.dumps([{"n": by(",")}]).encode(),
        "lines.json": f'{{"n": 1}}\n{{"n": "{by(" ")}"}}\n'.encode(),
        "not JSON.json": f'[{{"n": "{by(" ")}",'.encode(),
        "UTF-16.json": json.dumps([{"n": by(".")}]).encode("utf-16"),
        **{f"{way}.xlsx": package(parts) for way, parts in PARTS_OF_WORKBOOKS.items()},
        **{f"{way}.ods": package({"content.xml": f"<office:body>{xml}</office:body>"})
           for way, xml in OPEN_DOCUMENTS.items()},
        **{f"{way}.xls": compound_file({"Workbook": stream}) for way, stream in OLD_WORKBOOKS.items()},
        **{f"{way}, damaged.xlsx": content for way, content in _damaged().items()},
    }  # fmt: skip
    return files
