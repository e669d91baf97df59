"""Chooses which sheets of a winter workbook are read, and names workbooks of other publications."""

from collections.abc import Iterable
from fnmatch import fnmatchcase

from pipelines.findings.finding import Finding, Place, finding
from pipelines.parse.files.names import HeadingNames, plain_name, sheet_key
from pipelines.parse.files.refusal import Refusal
from pipelines.parse.files.workbook import Workbook
from pipelines.parse.formats.winter_timeseries.winter_map import SheetMap, WinterMap

_TITLE_ROWS = 16
"""A sheet's title and notes stand in rows above its table."""

_ENOUGH_WORDS = 3
"""'Type 1 attendances' names a measure wherever it stands."""


def refuse_sister(file_name: str, form: WinterMap) -> None:
    """Raises `Refusal` where the file is named like a workbook of another publication.

    Its sheets are not looked at: they may be named like ours and count something else.
    """
    name = file_name.casefold()
    for sister in form.sister_workbooks:
        if any(fnmatchcase(name, pattern.casefold()) for pattern in sister.file_names):
            raise Refusal(finding("FILE-020", value=sister.title))


def choose_sheets(
    workbook: Workbook, form: WinterMap, findings: list[Finding]
) -> dict[str, SheetMap]:
    """The sheets to read with their mapping; none where all belong to another feed.

    Raises `Refusal` where no sheet is known at all.
    """
    by_key = {sheet_key(name): sheet for sheet in form.sheets for name in sheet.names}
    elsewhere = {sheet_key(name) for known in form.other_sheets for name in known.names}
    alone = _OwnSheets(form)
    wanted: dict[str, SheetMap] = {}
    belongs_elsewhere = False
    for name, visible in workbook.visible.items():
        mapped = by_key.get(sheet_key(name))
        if mapped is None and sheet_key(name) not in elsewhere:
            mapped = alone.find(name)
        if not visible:
            findings.append(finding("SHEET-003", place=Place(name), value=name))
        elif mapped is not None and mapped in wanted.values():
            findings.append(finding("SHEET-005", place=Place(name), value=name))
        elif mapped is not None:
            wanted[name] = mapped
        elif sheet_key(name) in elsewhere:
            belongs_elsewhere = True
        else:
            findings.append(finding("SHEET-001", place=Place(name), value=name))
    if not wanted and not belongs_elsewhere:
        _refuse(workbook, form)
    return wanted


class _OwnSheets:
    """Sheets that are named like one measure, and hold it alone."""

    def __init__(self, form: WinterMap) -> None:
        origin: dict[str, SheetMap] = {}
        headings: dict[str, set[str]] = {}
        names: dict[str, str] = {}
        for sheet in form.sheets:
            for measure, all_headings in sheet.all_measures.items():
                origin.setdefault(measure, sheet)
                for heading in all_headings:
                    headings.setdefault(heading.casefold(), set()).add(measure)
                    names[heading.casefold()] = heading
        self._origin = origin
        # A heading like 'Total' or 'Beds closed' says too little without its sheet's name.
        alone: dict[str, list[str]] = {}
        for key, measures in headings.items():
            if len(measures) == 1 and len(key.split()) >= _ENOUGH_WORDS:
                alone.setdefault(next(iter(measures)), []).append(names[key])
        self._names = HeadingNames(alone, dict(form.synonyms))

    def find(self, name: str) -> SheetMap | None:
        """How the sheet is read, None where its name is no measure's."""
        measure = self._names.find(name)
        if measure is None:
            return None
        origin = self._origin[measure]
        return SheetMap(
            names=(name,),
            measures={measure: origin.all_measures[measure]},
            not_stored=origin.not_stored,
            day_range=origin.day_range,
        )


def _refuse(workbook: Workbook, form: WinterMap) -> None:
    """Raises the `Refusal` of a workbook without a sheet of this feed: by its title, if known."""
    shown = [name for name, visible in workbook.visible.items() if visible]
    texts = [*workbook.visible, *(_titles(workbook, shown[0]) if shown else ())]
    told = " ".join(f" {plain_name(text)} " for text in texts)
    for sister in form.sister_workbooks:
        if any(f" {plain_name(word)} " in told for word in sister.words):
            raise Refusal(finding("FILE-020", value=sister.title))
    names = ", ".join(f"'{name}'" for name in workbook.visible)
    raise Refusal(finding("FILE-005", value=names))


def _titles(workbook: Workbook, sheet: str) -> Iterable[str]:
    rows = workbook.grid(sheet)[:_TITLE_ROWS]
    return (cell for row in rows for cell in row if isinstance(cell, str) and cell)
