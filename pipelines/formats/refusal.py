"""How a reader says that a whole file is of no use."""

from pipelines.findings import Finding


class Refusal(Exception):
    """The file cannot be read as its format; `finding` is what its sender is told."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.message)
        self.finding = finding
