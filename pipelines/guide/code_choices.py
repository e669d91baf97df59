"""Which codes a sender can choose from in a template."""

from dataclasses import dataclass

from pipelines.guide.column_bounds import code_list_of
from pipelines.reference import codes
from pipelines.registry.column import Column
from pipelines.registry.contract import Collection
from pipelines.registry.feed import Feed


@dataclass(frozen=True, slots=True)
class CodeChoices:
    """Codes with their names."""

    names: dict[str, str]
    """Code → name, empty where it is not known."""
    is_all: bool
    """Whether any other code is refused."""


def code_choices(collection: Collection, column: Column, feed: Feed | None) -> CodeChoices | None:
    """The codes of that column: those of the feed, else of the cohort, else of the rule's list.

    None where any text is taken.
    """
    if feed is not None and column.name == collection.site_column and feed.sites:
        return CodeChoices(dict.fromkeys(feed.sites, ""), is_all=False)
    refused = code_list_of(collection, column)
    names = known_codes(refused or code_list_of(collection, column, or_warned=True))
    if column.name == collection.organisation_column:
        if feed is not None and feed.may_report is not None:
            own = sorted(feed.may_report)
            return CodeChoices({one: names.get(one, "") for one in own}, is_all=True)
        cohort = collection.coverage.cohort if collection.coverage else ()
        if cohort and all(one in names for one in cohort):
            return CodeChoices({one: names[one] for one in cohort}, is_all=False)
    return CodeChoices(names, is_all=refused is not None) if names else None


def known_codes(name: str | None) -> dict[str, str]:
    """The codes of the list of that name, with their names."""
    if name == "contract_area_codes":
        return dict(sorted(codes.contract_area_names().items()))
    wanted = {
        "organisation_codes": codes.organisation_codes,
        "ambulance_codes": codes.ambulance_codes,
    }.get(name or "")
    names = codes.organisation_names()
    return {code: names.get(code, "") for code in sorted(wanted())} if wanted else {}
