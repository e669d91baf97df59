"""What one disturbance came to."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Result:
    """A journey that was disturbed, and what stayed wrong; nothing where all is good."""

    kind: str
    """kill, full disk or damage."""
    journey: str
    number: int
    told: str
    """How it was disturbed."""
    faults: list[str] = field(default_factory=list)
    disturbed: int = 1
    """How often it was really disturbed: a kill that comes too late does not count."""
