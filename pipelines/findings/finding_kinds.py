"""The kinds of finding that the machinery itself can give, by code.

Rules of a collection have their own codes in its contract; the codes here belong to files,
sheets, headings, cells and rows of any collection.
"""

from collections.abc import Mapping

from pipelines.findings.cell_kinds import CELL_KINDS
from pipelines.findings.file_kinds import FILE_KINDS
from pipelines.findings.kind import Kind
from pipelines.findings.row_kinds import ROW_KINDS
from pipelines.findings.sheet_kinds import SHEET_KINDS

KINDS: Mapping[str, Kind] = {
    kind.code: kind for kind in (*FILE_KINDS, *SHEET_KINDS, *CELL_KINDS, *ROW_KINDS)
}
"""Every kind of finding that is not a rule of a contract, by code."""
