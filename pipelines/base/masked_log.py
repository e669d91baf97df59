"""What this process writes of logs, less the secrets that it has read."""

import logging
from collections.abc import Callable


class MaskedLog(logging.Filter):
    """Masks the secrets in what is logged, in the trace of an error too."""

    def __init__(self, masked: Callable[[str], str]) -> None:
        super().__init__()
        self._masked = masked

    def filter(self, record: logging.LogRecord) -> bool:
        """Always true: the record goes on, masked."""
        record.msg, record.args = self._masked(record.getMessage()), ()
        if record.exc_info:
            trace = logging.Formatter().formatException(record.exc_info)
            record.exc_text, record.exc_info = self._masked(trace), None
        return True


def mask_logs(masked: Callable[[str], str]) -> None:
    """Each handler of this process masks from now on; a task's log is masked by Airflow too."""
    for handler in (logging.lastResort, *logging.getLogger().handlers):
        if handler is None or any(isinstance(one, MaskedLog) for one in handler.filters):
            continue
        handler.addFilter(MaskedLog(masked))
