"""Switches in the environment that tests and debugging set while a process runs.

The settings are read once; these are read at every use, and reading them imports nothing.
"""

import os


def fixed_time() -> str | None:
    """The time that `SITREP_NOW` fixes the clock to, None where the clock runs as usual."""
    return os.environ.get("SITREP_NOW") or None


def kill_step() -> str | None:
    """The step that `SITREP_KILL_AT` names, at which the process is to die."""
    return os.environ.get("SITREP_KILL_AT")


def shows_traces() -> bool:
    """Whether `SITREP_DEBUG` asks for the trace of an error that nobody expected."""
    return bool(os.environ.get("SITREP_DEBUG"))
