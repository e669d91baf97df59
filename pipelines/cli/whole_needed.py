"""What a command says where only the light package is installed, and it needs the whole."""

from collections.abc import Sequence

PACKAGE = "uec-feeds"
_OURS = ("pipelines", "warehouse", "expectations", "dashboard", "dags")


def whole_needed(error: ModuleNotFoundError, arguments: Sequence[str]) -> str | None:
    """The sentence that names what to install; None where a module of our own is missing."""
    lacking = (error.name or "").partition(".")[0]
    if not lacking or lacking in _OURS:
        return None
    command = next((one for one in arguments if not one.startswith("-")), "")
    return (
        f"'sitrep {command}' needs the whole: pip install '{PACKAGE}[airflow]'. "
        f"Only the light package is installed here ({lacking} is missing)."
    )
