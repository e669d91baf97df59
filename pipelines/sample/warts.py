"""The mistakes of real workbooks, put into invented figures on purpose.

None of them rejects a row: they are skipped, warned about or reconciled.
"""

from dataclasses import dataclass, replace

from pipelines.sample.sample_figures import Figure, Figures

NOT_REPORTED = "N/A"

# A trust that sent nothing stands as zeros in 2016-17, not as a gap: one in so many.
ZERO_EVERY = 211


@dataclass(frozen=True)
class EnglandError:
    """England's cell is `excess` more than the trusts' sum, on one day of one measure."""

    measure: str
    day: int
    excess: int

    def within(self, days: int) -> "EnglandError":
        """The same error in a winter of that many days: on its last day if need be."""
        return replace(self, day=min(self.day, days - 1))


ENGLAND_ERROR = EnglandError("emergency_admissions", day=31, excess=100)


def zero_unreported_beds(figures: Figures) -> None:
    """Some trust-days have no beds at all, as if the trust had none that day."""
    measures = [name for name in figures if name.startswith("ga_")]
    trusts, days = _shape(figures)
    for cell in range(ZERO_EVERY - 1, trusts * days, ZERO_EVERY):
        for measure in measures:
            figures[measure][cell % trusts][cell // trusts] = 0


def unbalance_beds(figures: Figures, cells: int = 3) -> None:
    """On that many trust-days core + escalation beds are three short of the total."""
    trusts, days = _shape(figures)
    for n in range(cells):
        trust, day = (7 * n + 3) % trusts, (13 * n + 5) % days
        _add(figures["ga_core_beds_open"], trust, day, -3)


def overfill_beds(figures: Figures, cells: int = 4) -> None:
    """On that many trust-days more beds are occupied than are open."""
    trusts, days = _shape(figures)
    for n in range(cells):
        trust, day = (11 * n + 2) % trusts, (17 * n + 3) % days
        occupied = figures["ga_beds_occupied"][trust]
        if occupied[day]:
            beds = figures["ga_beds_open"][trust][day]
            occupied[day] = int(beds) + 2 + n


def hide_one_figure(figures: Figures) -> None:
    """One trust's emergency admissions of the first day read `N/A`."""
    trusts, _ = _shape(figures)
    figures["emergency_admissions"][trusts // 2][0] = NOT_REPORTED


def write_levels(figures: Figures) -> None:
    """OPEL levels become text, a few of them mistyped; 0 stays a number."""
    spellings = ("OPEL {}", "OPEL {} ", "OPEl {}", "OPEL{}")
    seen = 0
    for trust in figures["opel_level"]:
        for day, level in enumerate(trust):
            if level:
                mistyped = seen % 97 == 40
                spelling = spellings[1 + seen // 97 % 3 if mistyped else 0]
                trust[day] = spelling.format(level)
                seen += 1


def _add(measure: list[list[Figure]], trust: int, day: int, change: int) -> None:
    value = measure[trust][day]
    if isinstance(value, int) and value + change > 0:
        measure[trust][day] = value + change


def _shape(figures: Figures) -> tuple[int, int]:
    """How many trusts and how many days the figures cover."""
    measure = next(iter(figures.values()))
    return len(measure), len(measure[0])
