"""From which day a workbook counts its days, in every kind of workbook."""

import struct
import zipfile
from datetime import date
from io import BytesIO

import pytest
import xlsxwriter

from pipelines.parse.files.date_system import EXCEL_EPOCH, MAC_EPOCH, epoch_of
from tests.support.old_workbook import compound_file, old_workbook


def new_workbook(is_1904: bool) -> bytes:
    content = BytesIO()
    with xlsxwriter.Workbook(content, {"date_1904": is_1904}) as book:
        book.add_worksheet("Table").write(0, 0, 1)
    return content.getvalue()


def package(name: str, part: bytes) -> bytes:
    content = BytesIO()
    with zipfile.ZipFile(content, "w") as package:
        package.writestr(name, part)
    return content.getvalue()


def old(*records: tuple[int, bytes]) -> bytes:
    return compound_file({"Workbook": old_workbook(*records)})


def test_a_workbook_says_it_in_its_settings() -> None:
    assert epoch_of(new_workbook(False)) == EXCEL_EPOCH
    assert epoch_of(new_workbook(True)) == MAC_EPOCH


@pytest.mark.parametrize(
    ("setting", "epoch"),
    [
        (b"<workbookPr/>", EXCEL_EPOCH),
        (b"<workbookPr date1904='false'/>", EXCEL_EPOCH),
        (b"<x:workbookPr codeName='A' date1904 = \"true\" />", MAC_EPOCH),
        (b"<workbookPr date1904='maybe'/>", None),
        (b"<workbookPr date1904='1'/><workbookPr date1904='0'/>", None),
    ],
)
def test_the_setting_however_it_is_written(setting: bytes, epoch: date | None) -> None:
    assert epoch_of(package("xl/Workbook.xml", setting)) == epoch


@pytest.mark.parametrize(
    ("records", "epoch"),
    [
        ([(0x22, struct.pack("<H", 1))], MAC_EPOCH),
        ([(0x8D, b"\0\0"), (0x22, struct.pack("<H", 0))], EXCEL_EPOCH),
        ([], EXCEL_EPOCH),
    ],
)
def test_an_old_workbook_has_a_record_of_it(records: list[tuple[int, bytes]], epoch: date) -> None:
    assert epoch_of(old(*records)) == epoch


@pytest.mark.parametrize(("flags", "epoch"), [(1, MAC_EPOCH), (0x20, EXCEL_EPOCH)])
def test_a_binary_workbook_has_a_record_of_it(flags: int, epoch: date) -> None:
    record = b"\x83\x01\x00\x99\x01\x0c" + struct.pack("<III", flags, 0, 0)
    assert epoch_of(package("xl/workbook.bin", record)) == epoch


@pytest.mark.parametrize(
    ("settings", "epoch"),
    [
        (b'<table:null-date table:date-value="1904-01-01"/>', MAC_EPOCH),
        (b'<table:null-date table:date-value="1899-12-30"/>', EXCEL_EPOCH),
        (b"", EXCEL_EPOCH),
    ],
)
def test_an_open_document_has_a_null_date(settings: bytes, epoch: date) -> None:
    assert epoch_of(package("content.xml", settings + b"<table:table/>")) == epoch


@pytest.mark.parametrize(
    "content",
    [b"", b"PK\x03\x04", b"\xd0\xcf\x11\xe0", package("a", b"")],
    ids=["nothing", "begin", "compound", "package"],
)
def test_of_what_is_no_whole_workbook_it_cannot_be_told(content: bytes) -> None:
    assert epoch_of(content) is None
