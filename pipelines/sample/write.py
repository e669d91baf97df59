"""`sitrep sample`: two workbooks with invented numbers, one per known dialect."""

from pathlib import Path

from pipelines.sample import dialect_2016, dialect_2018, warts
from pipelines.sample.layout import Dialect
from pipelines.sample.sample_figures import Figures, invent_figures
from pipelines.sample.sample_workbook import Content, save_workbook
from pipelines.sample.table import tabulate
from pipelines.sample.trusts import Trust, choose_trusts
from pipelines.sample.warts import ENGLAND_ERROR, EnglandError
from pipelines.sample.winter import FIRST_WINTER, SECOND_WINTER, Winter

SEED = 2026


def write_sample(
    directory: Path,
    seed: int = SEED,
    days: int | None = None,
    trusts: int | None = None,
) -> list[Path]:
    """Two workbooks in `directory`, in the publisher's layout, with invented numbers.

    The first is of winter 2016-17's dialect (1 December 2023 to 10 March 2024), the
    second of 2018-19's (2 December 2024 to 2 March 2025). The same arguments give the
    same bytes. `days` and `trusts` cut both winters short. Trusts come from the
    warehouse's reference tables; raises `UsageError` where none was open.

    Every cell loads: nothing here rejects a row. These mistakes are there on purpose:

    - England's emergency admissions of the first workbook's day 32 (1 January 2024; with
      `days` under 32, the last day) are 100 more than the trusts' sum, for
      reconciliation to find. Everywhere else England is exactly the sum of the trusts,
      and in `Trusts with Pressures` the number of trusts whose cell is not 0.
    - On a few trust-days core + escalation beds are three short of the total, and on a
      few more beds are occupied than open. These only warn.
    - In the first workbook one cell is `N/A`, some OPEL levels are mistyped, and about
      one trust-day in 200 has 0 beds, which is how the publisher showed no report.
    - In each workbook one code in one sheet has a footnote's star; the second's
      occupancy rates of nothing are `-`, `#DIV/0!` as text, or a real error cell.
    """
    directory.mkdir(parents=True, exist_ok=True)
    first, second = FIRST_WINTER.cut(days), SECOND_WINTER.cut(days)
    return [
        _write_first(directory, first, _open(first, trusts), seed),
        _write_second(directory, second, _open(second, trusts), seed),
    ]


def file_name(winter: Winter) -> str:
    """The name that the publisher would give to that winter's workbook."""
    return f"Winter-data-timeseries-{winter.published:%Y%m%d}.xlsx"


def compose(
    dialect: Dialect,
    winter: Winter,
    trusts: list[Trust],
    figures: Figures,
    error: EnglandError | None = None,
) -> Content:
    """All sheets of one workbook, ready to be written."""
    tables = [(sheet, tabulate(sheet, winter, figures, error)) for sheet in dialect.sheets]
    return Content(dialect, winter, trusts, tables)


def _open(winter: Winter, limit: int | None) -> list[Trust]:
    return choose_trusts(winter.first, winter.last, limit)


def _write_first(directory: Path, winter: Winter, trusts: list[Trust], seed: int) -> Path:
    figures = invent_figures(trusts, winter, seed)
    warts.zero_unreported_beds(figures)
    warts.unbalance_beds(figures)
    warts.overfill_beds(figures)
    warts.hide_one_figure(figures)
    warts.write_levels(figures)
    error = ENGLAND_ERROR.within(winter.length)
    content = compose(dialect_2016.DIALECT, winter, trusts, figures, error)
    return save_workbook(content, directory / file_name(winter))


def _write_second(directory: Path, winter: Winter, trusts: list[Trust], seed: int) -> Path:
    figures = invent_figures(trusts, winter, seed)
    warts.unbalance_beds(figures)
    warts.overfill_beds(figures)
    content = compose(dialect_2018.DIALECT, winter, trusts, figures)
    return save_workbook(content, directory / file_name(winter))
