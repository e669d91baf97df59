"""What of the environment is read at every use: switches of tests and debugging, and connections.

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


def connection_text(name: str) -> str:
    """The connection as `AIRFLOW_CONN_<NAME>` has it; empty where it is not set."""
    return os.environ.get(connection_variable(name), "").strip()


def connection_variable(name: str) -> str:
    """The environment variable that holds the connection outside of Airflow."""
    return f"AIRFLOW_CONN_{name.upper()}"


def has_old_connection(name: str) -> bool:
    """Whether the variable is set that held a source's token in earlier releases."""
    return bool(os.environ.get(f"SITREP_CONNECTION_{name.upper()}"))
