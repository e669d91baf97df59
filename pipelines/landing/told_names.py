"""Names as they may be stored and shown, whatever their sender put into them."""

from pipelines.base.nhs_numbers import MASK, mask_nhs_numbers
from pipelines.base.secrets import masked


def as_told(name: str) -> str:
    """The name without invalid UTF-8, NHS numbers and secrets, which are replaced."""
    plain = name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    # A name that says so itself has no number that was masked.
    return masked(mask_nhs_numbers(plain.replace(MASK, MASK[1:-1])))
