"""A rule as Great Expectations runs it."""

from collections.abc import Mapping
from typing import Any, Protocol


class RunnableRule(Protocol):
    """What is needed of a contract's rule to run it."""

    @property
    def code(self) -> str:
        """Stable code, 'ASR-012', unique among the rules of one call."""

    @property
    def expectation(self) -> str:
        """Great Expectations type in snake case, one of its own or a `RowExpectation`."""

    @property
    def kwargs(self) -> Mapping[str, Any]:
        """The kwargs of that type; {'$PARAMETER': name} stands for a value of the run."""
