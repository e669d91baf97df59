"""Files that a provider should never send, for a data engineer to see refused."""

from dataclasses import replace
from pathlib import Path

from pipelines.sample import dialect_2018
from pipelines.sample.layout import Dialect, SampleColumn
from pipelines.sample.sample_figures import invent_figures
from pipelines.sample.sample_workbook import save_workbook
from pipelines.sample.trusts import Trust, choose_trusts
from pipelines.sample.winter import SECOND_WINTER, Winter
from pipelines.sample.write import SEED, compose, file_name

UNKNOWN_TRUST = Trust("ZZ9", "Nowhere in Particular NHS Trust", "Unknown Region")
RENAMED = ("Total Beds Open", "Total beds staffed")

DAYS, TRUSTS = 7, 12


def write_broken(directory: Path, seed: int = SEED) -> list[Path]:
    """Four files named like the publisher's, each a day later than the one before.

    1. A workbook of one week: a negative count of A&E diverts (third trust, second
       day), `twelve` for a count of ambulance arrivals (fourth trust, third day), an
       unknown organisation `ZZ9` (last row), and `Total Beds Open` renamed to `Total
       beds staffed`. Everything else in it is good.
    2. A text file. 3. A file of no bytes. 4. The first half of the first workbook.
    """
    directory.mkdir(parents=True, exist_ok=True)
    winter = SECOND_WINTER.cut(DAYS)
    known = choose_trusts(winter.first, winter.last, TRUSTS)
    workbook = _write_workbook(directory, winter, [*known, UNKNOWN_TRUST], seed)
    rest = {
        1: b"This is not a workbook, whatever its name says.\r\n",
        2: b"",
        3: _first_half(workbook),
    }
    return [workbook] + [
        _write_bytes(directory / _later_name(winter, days), data) for days, data in rest.items()
    ]


def _write_workbook(directory: Path, winter: Winter, trusts: list[Trust], seed: int) -> Path:
    figures = invent_figures(trusts, winter, seed)
    figures["ae_diverts"][2][1] = -2
    figures["ambulance_arrivals"][3][2] = "twelve"
    content = compose(_rename(dialect_2018.DIALECT), winter, trusts, figures)
    return save_workbook(content, directory / file_name(winter))


def _rename(dialect: Dialect) -> Dialect:
    """`dialect` with one label that no feed knows."""
    before, after = RENAMED

    def renamed(column: SampleColumn) -> SampleColumn:
        return replace(column, label=after) if column.label == before else column

    sheets = (
        replace(sheet, columns=tuple(renamed(column) for column in sheet.columns))
        for sheet in dialect.sheets
    )
    return replace(dialect, sheets=tuple(sheets))


def _later_name(winter: Winter, days: int) -> str:
    later = winter.published_after_days + days
    return file_name(replace(winter, published_after_days=later))


def _first_half(path: Path) -> bytes:
    data = path.read_bytes()
    return data[: len(data) // 2]


def _write_bytes(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path
