"""Looks for what must never be here: numbers and columns of patients.

A file is refused as a whole when it has a valid NHS number anywhere, in cells that are read or
not, on hidden sheets and in notes, or a column that belongs to data about patients.
"""

import json
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from io import BytesIO

from pipelines.base.nhs_numbers import MASK, count_nhs_numbers
from pipelines.findings.finding import Finding, finding
from pipelines.findings.finding_kinds import KINDS
from pipelines.parse.formats.names import plain_name

_LIKELY = re.compile(rb"\d{3}([ -]?)\d{3}\1\d{4}")
_MARKUP = re.compile(rb"<[^<>]*>")
_LARGEST_PART_BYTES = 512 * 1024 * 1024
_ZIP = b"PK\x03\x04"
PATIENT_DATA_CODES = ("DATA-001", "DATA-002")
"""A valid NHS number; a column of data about patients."""

FORBIDDEN_HEADINGS = frozenset(
    {
        "nhs number", "nhs no", "nhsnumber", "nhs num", "patient nhs number",
        "name", "patient name", "full name", "forename", "forenames", "first name", "given name",
        "surname", "last name", "family name", "patient", "patient forename", "patient surname",
        "date of birth", "dob", "birth date", "birthdate", "dateofbirth", "patient dob",
        "postcode", "post code", "postal code", "patient postcode", "home postcode",
        "address", "home address", "patient address", "address line 1",
        "patient id", "patientid", "patient identifier", "patient number", "hospital number",
        "mrn", "medical record number", "local patient identifier", "pas number",
        "national insurance number", "ni number", "patient telephone", "mobile number",
    }
)  # fmt: skip
"""Headings, in small letters and without signs, of columns about a patient."""


def find_nhs_numbers(content: bytes, file_name: str) -> Finding | None:
    """What is told of a file with valid NHS numbers, None for one without; never the numbers.

    Landing has masked those in the name.
    """
    count = file_name.count(MASK)
    if content.startswith(_ZIP) or b"\0" in content or _LIKELY.search(content):
        count += sum(count_nhs_numbers(text) for text in _texts(content))
    return finding("DATA-001", count=count) if count else None


def find_forbidden_heading(headings: Iterable[str]) -> Finding | None:
    """What is told of the first heading of a column about patients, None where there is none."""
    for heading in headings:
        # As it stands, without points ('D.O.B.'), and the last step of a path ('patient.dob').
        spellings = (heading, heading.replace(".", ""), heading.rpartition(".")[2])
        if FORBIDDEN_HEADINGS.intersection(map(plain_name, spellings)):
            return finding("DATA-002", value=heading)
    return None


def find_patient_rows(rows: Iterable[Sequence[str]]) -> Finding | None:
    """The finding for a file without a known header that has a row of headings about patients.

    One such word in a row proves nothing; two do.
    """
    for row in rows:
        own = [cell for cell in row if plain_name(cell) in FORBIDDEN_HEADINGS]
        if len(own) > 1:
            return finding("DATA-002", value=own[0])
    return None


def remember(told: Finding) -> str:
    """The finding as a note that stands in place of the file."""
    return json.dumps({"code": told.code, "message": told.message, "value": told.value})


def recall(note: str) -> Finding:
    """The finding that the note remembers; one of patient data where the note is damaged."""
    try:
        known = json.loads(note)
        known["code"] = KINDS[known["code"]].code
        known["message"], known["value"] = str(known["message"]), known["value"]
    except (ValueError, TypeError, LookupError, RecursionError):
        return finding("DATA-001", count="some")
    fix = KINDS[known["code"]].fix
    severity = KINDS[known["code"]].severity
    return Finding(known["code"], severity, known["message"], fix, value=known["value"])


def _texts(content: bytes) -> Iterator[str]:
    """All text of a file: the parts of a workbook, else the whole in each likely encoding."""
    if content.startswith(_ZIP):
        try:
            with zipfile.ZipFile(BytesIO(content)) as archive:
                for member in archive.infolist():
                    if member.file_size > _LARGEST_PART_BYTES:
                        continue
                    part = archive.read(member)
                    if _LIKELY.search(part):
                        # Markup ends a number: cells stand side by side.
                        yield _MARKUP.sub(b"|", part).decode("utf-8", "replace")
        except Exception:
            # A damaged workbook is refused for that by its reader.
            return
        return
    if b"\0" in content:
        yield content.decode("utf-16", "ignore")
        yield content.decode("latin-1").replace("\0", "")
        return
    yield content.decode("latin-1")
