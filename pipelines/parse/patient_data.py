"""Looks for what must never be here: numbers and columns of patients.

A file is refused as a whole when it has a valid NHS number anywhere, in cells that are read or
not, on hidden sheets and in notes, or a column that belongs to data about patients; and when it
cannot be looked through whole (decision 13).
"""

import re
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import TYPE_CHECKING

from pipelines.base.nhs_numbers import MASK, count_nhs_numbers
from pipelines.findings.finding import Finding, finding
from pipelines.parse.files.names import plain_name
from pipelines.parse.patient.look_through import look_through

if TYPE_CHECKING:
    from pipelines.parse.rows import ParsedRows

_MOST_REASONS = 3
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
_NAMED_THINGS = frozenset(
    {
        "area", "contract", "trust", "organisation", "organization", "org", "provider", "service",
        "site", "hospital", "department", "region", "icb", "icbs", "system", "hospitals", "sites",
        "areas", "trusts", "providers",
    }
)  # fmt: skip
"""Last words of objects whose name is no name of a person: 'contractArea.name'."""


def find_nhs_numbers(content: bytes, file_name: str) -> Finding | None:
    """What is told of a file with valid NHS numbers, or that cannot be looked through for them.

    None for any other. It never tells the numbers; landing has masked those in the name.
    """
    looked = look_through(content)
    count = looked.count + file_name.count(MASK)
    if count:
        return finding("DATA-001", count=count)
    if looked.hidden:
        return finding("DATA-004", value=", ".join(looked.hidden[:_MOST_REASONS]))
    return None


def find_read_numbers(parsed: "ParsedRows") -> Finding | None:
    """What is told of a file with valid NHS numbers in what was read of it, None for any other."""
    told = [one.value for one in parsed.findings]
    # All at once: most files are small, and each search has a cost of its own.
    texts = filter(None, chain(told, *parsed.texts.values()))
    count = count_nhs_numbers("\n".join(texts), "\n")
    return finding("DATA-001", count=count) if count else None


def find_forbidden_heading(headings: Iterable[str]) -> Finding | None:
    """What is told of the first heading of a column about patients, None where there is none."""
    for heading in headings:
        # As it stands, without points ('D.O.B.'), the last step of a path ('patient.dob'), and
        # each of two headings that stand one over the other ('Details: NHS number').
        outer, sign, last = heading.rpartition(".")
        if sign and last.casefold() == "name" and _last_word(outer) in _NAMED_THINGS:
            last = ""
        spellings = (heading, heading.replace(".", ""), last, *heading.split(": "))
        if FORBIDDEN_HEADINGS.intersection(map(plain_name, spellings)):
            return finding("DATA-002", value=heading)
    return None


def _last_word(path: str) -> str:
    """'area' of 'rows.contractArea' and of 'contract_area'."""
    words = re.findall("[A-Z]?[a-z]+|[A-Z]+(?![a-z])", path)
    return words[-1].casefold() if words and path.endswith(words[-1]) else ""


def find_patient_rows(rows: Iterable[Sequence[str]]) -> Finding | None:
    """The finding for a file without a known header that has a row of headings about patients.

    One such word in a row proves nothing; two do.
    """
    for row in rows:
        own = [cell for cell in row if plain_name(cell) in FORBIDDEN_HEADINGS]
        if len(own) > 1:
            return finding("DATA-002", value=own[0])
    return None
