"""What a command says where only the light package is installed, and it needs the whole."""

from collections.abc import Sequence

PACKAGE = "uec-feeds"
_GROUPS = (["feeds"], ["contract"], ["tokens"])
"""Commands that have commands of their own."""
_OURS = ("pipelines", "warehouse", "expectations", "dashboard", "dags")


def whole_needed(error: ModuleNotFoundError, arguments: Sequence[str]) -> str | None:
    """The sentence that names what to install; None where a module of our own is missing."""
    lacking = (error.name or "").partition(".")[0]
    if not lacking or lacking in _OURS:
        return None
    words = [one for one in arguments if not one.startswith("-")]
    command = " ".join(words[:2] if words[:1] in _GROUPS else words[:1])
    return (
        f"'sitrep {command}' needs the whole: pip install '{PACKAGE}[airflow]'. "
        f"Only the light package is installed here ({lacking} is missing)."
    )
