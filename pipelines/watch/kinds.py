"""The kinds of finding that only a look over time can give, the most urgent first."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class WatchKind:
    """One kind: what it is, what to do about it, and what will not mend it."""

    code: str
    title: str
    fix: str
    no_help: str
    end_is_news: bool = True
    """Whether somebody is told when it is over. What happened once only ages, and is not mended."""


PATIENT_DATA = "WATCH-007"
WAITING = "WATCH-008"
SOURCE_SILENT = "WATCH-009"
SILENT = "WATCH-001"
GIVES_NOTHING = "WATCH-010"
STUCK = "WATCH-002"
LEVEL = "WATCH-004"
ROWS = "WATCH-005"
COUNTER_FELL = "WATCH-003"
UNKNOWN_CODE = "WATCH-006"

KINDS: Mapping[str, WatchKind] = {
    kind.code: kind
    for kind in (
        WatchKind(
            PATIENT_DATA,
            "A file with patient data was refused",
            "Tell the information governance lead, and have the provider correct its export. If it "
            "goes on, set the feed's stage to suspended, so that no more is taken.",
            "Sending the file again, or reprocessing: its content was not kept.",
            end_is_news=False,
        ),
        WatchKind(
            WAITING,
            "Landed files are not loaded",
            "Our fault and no provider's. Look at the collection's DAG (`bring_in`) and at "
            "`sitrep status`; `sitrep drain` loads what waits.",
            "Asking providers to send again: their files are here.",
        ),
        WatchKind(
            SOURCE_SILENT,
            "Nothing comes from a source any more",
            "Look at our side first: does the source answer, is its folder mounted, do the tasks "
            "`collect` of its DAG run? Then ask who runs the source.",
            "Calling each provider: all of the source fell silent together.",
        ),
        WatchKind(
            SILENT,
            "A provider fell silent",
            "Ask the provider whether its export runs and where it puts its files.",
            "Reprocessing or publishing again: nothing of these slots has come.",
        ),
        WatchKind(
            GIVES_NOTHING,
            "A provider's files come and give no values",
            "`sitrep submissions` lists its files; their answers say why they were refused, or "
            "which slots they hold. Where none is refused, have it check its clock, its offset "
            "from UTC and whether it sends an old file again.",
            "Asking whether its export runs: it does.",
        ),
        WatchKind(
            STUCK,
            "A feed is stuck",
            "Ask the provider to restart the export or the extract behind it; files go on coming, "
            "so its own monitoring may not show it. Treat the figures since then as unknown.",
            "Waiting for the next file, or having these sent again: they hold the same old values.",
        ),
        WatchKind(
            LEVEL,
            "England's figure is far from its usual level",
            "Compare the providers' figures of the slot, the largest first: a wrong unit, a part "
            "left out or counted twice. If it is real, tell the control room so.",
            "Publishing again: the figure is computed from what providers sent.",
        ),
        WatchKind(
            ROWS,
            "Another number of rows than usual",
            "Ask the provider what became of them. Where sites opened, closed or merged on "
            "purpose, nothing is to be done: it ends by itself within about a week.",
            "Waiting for late files: those that came are without these rows.",
        ),
        WatchKind(
            COUNTER_FELL,
            "A count since midnight fell",
            "Ask the provider when its count begins anew. Midnight in London is meant: not that of "
            "UTC, not a change of shift, not a restart of its system.",
            "A correction of the one slot, unless it was a single slip: the count falls again.",
            end_is_news=False,
        ),
        WatchKind(
            UNKNOWN_CODE,
            "An unknown code",
            "If it is new and right, add it to the reference data or to the feed and run `sitrep "
            "reprocess --feed`; else have the provider correct it.",
            "Having the file sent again as it is: it is kept out again.",
            end_is_news=False,
        ),
    )
}
"""Every kind by its code, in the order in which an alert tells them."""
