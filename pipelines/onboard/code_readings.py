"""Who the rows of a sample belong to: a column of codes, or the provider for all of them."""

import re
from collections.abc import Sequence

from pipelines.base.clean_code import clean_code, code_beside_name
from pipelines.onboard.column_draft import ColumnDraft, FeedDraft
from pipelines.onboard.heading_match import HeadingRead
from pipelines.onboard.open_questions import Answers
from pipelines.onboard.table_choice import ChosenTable, is_total
from pipelines.onboard.time_readings import OPEN
from pipelines.reference.codes import (
    ISLE_OF_WIGHT,
    ambulance_codes,
    contract_area_codes,
    organisation_codes,
)
from pipelines.registry.column import Column
from pipelines.registry.contract import Collection
from pipelines.registry.table_map import OWN_CODE

_CODE = re.compile(r"(?=.*[0-9])[A-Z0-9]{3,10}|[A-Z][A-Z0-9]{2}")
_SITE = re.compile(r"[A-Z0-9]{5}")
_HALF = 0.5
_PLACES = ("", "brackets", "start", "end")
"""Where a code is looked for in a text, the surest first."""


def read_code(
    column: Column, headings: Sequence[HeadingRead], table: ChosenTable, answers: Answers
) -> ColumnDraft:
    """The draft of a column of codes: the heading under which codes stand."""
    draft = ColumnDraft(column.name)
    stand_at = {one.at: _find_codes(column, table.texts(one.at)) for one in headings}
    with_codes = [one for one in headings if stand_at[one.at] is not None]
    own = [one for one in with_codes if one.likely[0].score == 1.0]
    alone = [one for one in with_codes if not stand_at[one.at]]
    with_codes = own or _without_copies(alone or with_codes, table)
    if not with_codes:
        names = ", ".join(f"'{one.heading}'" for one in headings)
        draft.leave_out(f"no codes stand under {names}" if names else "no heading was found for it")
        return draft
    chosen = with_codes[0]
    if len(with_codes) > 1:
        by_heading = {one.heading: one for one in with_codes}
        told = answers.ask(
            f"{column.name}.heading",
            column.name,
            f"Codes stand under more than one heading for {column.name}.",
            {heading: "it is this one" for heading in by_heading},
            [table.texts(one.at)[0] for one in with_codes],
        )
        if told is None:
            draft.leave_out(OPEN)
            return draft
        chosen = by_heading[told]
    draft.heading, draft.likeness = chosen, chosen.taken
    if beside := stand_at[chosen.at]:
        draft.settings["code_at"] = beside
    return draft


def _without_copies(found: list[HeadingRead], table: ChosenTable) -> list[HeadingRead]:
    """Of headings with the same cells, the first."""
    kept: list[HeadingRead] = []
    for one in found:
        if all(table.cells(one.at) != table.cells(other.at) for other in kept):
            kept.append(one)
    return kept


def _find_codes(column: Column, texts: Sequence[str]) -> str | None:
    """Where codes stand in the texts: '' where they are codes alone, else as `code_at` has it.

    None where fewer than half of them have a code that may stand in that column.
    """
    own = [text for text in dict.fromkeys(texts) if not is_total(text)]
    for beside in _PLACES:
        codes = {code_in(text, beside) for text in own}
        if column.unit.startswith("contract"):
            known = codes & contract_area_codes()
        elif "site" in column.unit:
            known = {code for code in codes if _CODE.fullmatch(code) or is_site_of_trust(code)}
        else:
            known = codes & organisation_codes()
        if codes and len(known) >= _HALF * len(codes):
            return beside
    return None


def code_in(text: str, beside: str | None) -> str:
    """The code of that cell; `beside` says where it stands in one with a name."""
    return code_beside_name(text, beside) if beside else clean_code(text)


def is_site_of_trust(code: str) -> bool:
    """Whether it is written as the sites of a trust that we know: RHQNG of RHQ."""
    return _SITE.fullmatch(code) is not None and code[:3] in organisation_codes()


def settle_organisation(
    draft: ColumnDraft,
    contract: Collection,
    provider: str,
    table: ChosenTable,
    others: Sequence[ColumnDraft],
) -> None:
    """Where no codes stand in the file, they are the provider's if each row's key says so."""
    if draft.is_written or draft.left_out == OPEN:
        return
    if contract.organisation_column == "contract_code" and provider not in contract_area_codes():
        draft.leave_out("the file has no codes of contract areas")
        return
    services = ambulance_codes() - {ISLE_OF_WIGHT}
    if contract.collection == "ambulance_handover" and provider in services:
        draft.left_out = "the file has no codes of the trusts that receive the patients"
        return
    keys = [table.cells(one.heading.at) for one in others if one.heading is not None]
    for one in others:
        for heading in one.settings.get("time_headings", ()):
            at = next(own.at for own in table.headings if own.heading == heading)
            keys.append(table.cells(at))
    rows = list(zip(*keys, strict=True))
    if len(set(rows)) < len(rows) or len(_names(table)) > 1:
        draft.left_out = "the file has rows of more than one organisation, and no codes of them"
        return
    draft.left_out, draft.heading = None, None
    draft.constant = OWN_CODE
    draft.remark = "no column has it and every row is of a day or slot of its own"


def settle_sites(draft: FeedDraft, own: ColumnDraft, answers: Answers) -> None:
    """The codes of the sites; what has no digit may be a line over all of them, and is asked."""
    assert own.heading is not None
    for text in dict.fromkeys(draft.table.texts(own.heading.at)):
        code = code_in(text, own.settings.get("code_at"))
        told: str | None = "site"
        if is_total(text):
            told = "total"
        elif not any(map(str.isdigit, code)) and not is_site_of_trust(code):
            told = answers.ask(
                f"site.{text}",
                own.column,
                f"'{text}' is a site, or all of them together.",
                {"site": "a site of its own", "total": "a line of totals, left out"},
            )
        if told == "total":
            draft.totals.append(text)
        elif told == "site":
            draft.sites.append(code)
        else:
            own.leave_out(OPEN)
    draft.sites.sort()


def _names(table: ChosenTable) -> set[str]:
    """The names that stand under headings for the organisation."""
    found: set[str] = set()
    for one in table.headings:
        words = one.meaning.words
        if words & {"org", "service"} and words <= {"org", "service", "name", "code", "hospital"}:
            found |= {text.strip() for text in table.texts(one.at)}
    return found


def settle_reporters(
    draft: ColumnDraft,
    contract: Collection,
    provider: str,
    table: ChosenTable,
    answers: Answers,
) -> list[str]:
    """The codes that the feed may report for beside its provider's; none where it needs none."""
    if draft.heading is None or not draft.is_written:
        return []
    texts = [text for text in table.texts(draft.heading.at) if not is_total(text)]
    codes = sorted({code_in(text, draft.settings.get("code_at")) for text in texts})
    others = [code for code in codes if code != provider]
    if not others:
        return []
    is_for_others = contract.collection in ("ambulance_handover", "nhs111")
    if is_for_others and provider not in codes:
        return others
    told = answers.ask(
        "reports_for",
        "provider",
        f"The file has rows of other codes than {provider}.",
        {"own": "rows of others are kept out and told", "listed": "it reports for them too"},
        others,
    )
    return codes if told == "listed" else []
