"""The cell formats of a workbook that a reader of it can notice."""

from pipelines.sample.excel import WrittenBook

BLUE: dict[str, object] = {"bold": True, "font_color": "#095BA6"}
DAY: dict[str, object] = {"num_format": "d-mmm-yy"}
WHITE: dict[str, object] = {"font_color": "#FFFFFF"}
"""The publisher hides helper cells by writing them in white, not by hiding rows."""


class Styles:
    """Number formats, headings, and the white in which helper cells hide."""

    def __init__(self, book: WrittenBook) -> None:
        self.count = book.add_format({"num_format": "#,##0"})
        self.share = book.add_format({"num_format": "0.0%"})
        self.heading = book.add_format(BLUE)
        self.day = book.add_format(BLUE | DAY)
        self.day_block = book.add_format(BLUE | DAY | {"align": "center"})
        self.white = book.add_format(WHITE)
        self.white_day = book.add_format(WHITE | DAY)
