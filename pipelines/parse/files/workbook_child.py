"""Opens a workbook in a process of its own, whose memory and time are bounded.

Run as a program by `workbook_process`; it imports nothing of the project. Requests and answers
are pickles: the content and the limits first, then the names of sheets.
"""

import pickle
import resource
import sys
from io import BytesIO
from typing import Any


def main() -> None:
    """Answers until the other side closes the pipe."""
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    content, memory_bytes, seconds, most_cells = pickle.load(requests)
    from python_calamine import CalamineWorkbook, SheetVisibleEnum

    resource.setrlimit(resource.RLIMIT_DATA, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    book: Any = None
    while True:
        try:
            if book is None:
                book = CalamineWorkbook.from_object(BytesIO(content))
                answer: Any = {
                    sheet.name: sheet.visible == SheetVisibleEnum.Visible
                    for sheet in book.sheets_metadata
                }
            else:
                answer = _grid(book.get_sheet_by_name(pickle.load(requests)), most_cells)
            told = ("read", answer)
        except EOFError:
            return
        except MemoryError:
            told = ("too large", "it takes too much memory")
        except _TooLarge as error:
            told = ("too large", str(error))
        except BaseException as error:  # a panic of the reader is no `Exception`
            told = ("damaged", str(error) or type(error).__name__)
        pickle.dump(told, answers, pickle.HIGHEST_PROTOCOL)
        answers.flush()
        if book is None:
            return


class _TooLarge(Exception):
    """A sheet has more cells than are taken."""


def _grid(sheet: Any, most_cells: int) -> list[list[Any]]:
    rows, columns = sheet.total_height, sheet.total_width
    if rows * columns > most_cells:
        raise _TooLarge(f"sheet '{sheet.name}' spreads over {rows:,} rows and {columns:,} columns")
    grid: list[list[Any]] = sheet.to_python(skip_empty_area=False)
    return grid


if __name__ == "__main__":
    main()
