"""What is encrypted is refused as such: digits in it are there by chance."""

from pathlib import Path

from pipelines.parse.patient.compound_files import look_at_compound_file
from pipelines.parse.patient.looked import Looked
from tests.support.published_workbooks import encrypt
from tests.support.small_workbook import FILE_NAME, write_workbook


def test_no_number_is_looked_for_in_what_is_encrypted(tmp_path: Path) -> None:
    """Of 60 workbooks of 1.5 MB behind a password two seemed to hold a number of a patient."""
    book = write_workbook(tmp_path / FILE_NAME)
    sealed = encrypt(book, tmp_path / "sealed.xlsx", "winter").read_bytes()
    looked = Looked()
    streams: list[bytes] = []
    look_at_compound_file(sealed, looked, lambda stream, name: streams.append(stream))
    assert looked.hidden == ["it is encrypted with a password"]
    assert looked.count == 0
    assert max(map(len, streams), default=0) < book.stat().st_size / 2
