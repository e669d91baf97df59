"""What a command says where only the light package is installed, and it needs the whole."""

from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, requires
from importlib.util import find_spec

PACKAGE = "uec-feeds"
_WHOLE = "airflow"
_OURS = ("pipelines", "warehouse", "expectations", "dashboard", "dags")
_PART_OF_THE_WHOLE = "great_expectations"
"""A module that the whole has and the light package has not."""


def whole_needed(error: ModuleNotFoundError, arguments: Sequence[str]) -> str | None:
    """The sentence that names what to install; None where a lack of modules is another fault."""
    lacking = (error.name or "").partition(".")[0]
    if not lacking or lacking in _OURS or not _has_extra():
        return None
    if find_spec(_PART_OF_THE_WHOLE) is not None:
        return None
    command = " ".join(one for one in arguments[:2] if not one.startswith("-"))
    return (
        f"'sitrep {command}' needs the whole: pip install '{PACKAGE}[{_WHOLE}]'. "
        f"Only the light package is installed here ({lacking} is missing)."
    )


def _has_extra() -> bool:
    try:
        told = requires(PACKAGE) or []
    except PackageNotFoundError:
        return False
    return any(f'extra == "{_WHOLE}"' in one for one in told)
