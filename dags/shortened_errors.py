"""Keeps the texts of errors out of lineage, where its receiver must not have them.

A failed task's event has the error's text and trace, as the task's log has. They may name a feed,
a file or a folder. With this class as `transformer_class` of OpenLineage's `transform` transport
the receiver learns only what kind of error it was (docs/telemetry.md).
"""

from typing import Any

from openlineage.client.transport.transform import EventTransformer

_TOLD = "The task's log has the text."


class ShortenedErrors(EventTransformer):
    """Of an error stays that there was one."""

    def transform(self, event: Any) -> Any:
        """The event without text and trace of its error."""
        run = getattr(event, "run", None)
        error = (run.facets or {}).get("errorMessage") if run is not None else None
        if error is not None:
            error.message, error.stackTrace = _TOLD, None
        return event
