"""Forms of settings that servers share: lists with commas, and rates."""

from typing import Annotated, Any

from limits import parse
from pydantic import AfterValidator, BeforeValidator


def _split(told: Any) -> Any:
    return (
        [one.strip() for one in told.split(",") if one.strip()] if isinstance(told, str) else told
    )


def _is_rate(told: str) -> str:
    parse(told)
    return told


SEVERAL = BeforeValidator(_split)
"""Values that a variable of the environment has between commas."""
Rate = Annotated[str, AfterValidator(_is_rate)]
"""How many in which time, like 120/minute."""
