"""Merges at most one row for each key, in whatever order its file was made."""

from datetime import datetime

from warehouse.load.history import History


def merge_one_by_key(history: History, source: str, moment: datetime, *, in_order: bool) -> None:
    """The rows of `source` are in the history, of which `held` has all revisions of their keys.

    `in_order`: no file that was made later gave any of them, nor did their own submissions.
    `compared` has the rows with what became of each: `kind`.
    """
    if in_order:
        history.run("compared_with_held", source=source)
    else:
        history.run("others", source=source)
        history.run("compared_with_all", source=source)
    if history.is_any("FROM compared WHERE kind IN ('revised', 'unchanged')"):
        history.run("supersede_or_confirm", moment=moment)
    history.insert_changed(moment)
