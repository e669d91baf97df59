"""One submission of an attack, and what can be found wrong with how it was taken."""

import hashlib
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Case:
    """A file for a feed."""

    number: int
    feed_id: str
    """The feed it is landed for."""
    name: str
    """Its file name; bytes that are no UTF-8 stand as surrogates."""
    content: bytes
    story: str
    """What was done to a valid file, in words."""
    is_heavy: bool = False
    """Whether it is run alone, because it may take much memory."""
    planted: tuple[str, ...] = ()
    """Digits of NHS numbers that were put in; the file has to be refused for them."""

    @property
    def sha256(self) -> str:
        """The hash that the ledger knows it by."""
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True)
class Fault:
    """What was wrong: its kind, and where it comes from as far as is known."""

    kind: str
    detail: str
    cause: str = ""
    """Type of the exception and the place in our code that raised it."""
    number: int | None = None
    """The case; None where it is not known which of the batch it was."""

    @property
    def signature(self) -> str:
        """Faults of one signature are counted as one."""
        return f"{self.kind}: {self.cause or self.detail}"


@dataclass
class Report:
    """What came of a batch."""

    seconds: float = 0.0
    cpu_seconds: float = 0.0
    peak_mb: float = 0.0
    statuses: dict[str, int] = field(default_factory=dict)
    codes: dict[str, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
