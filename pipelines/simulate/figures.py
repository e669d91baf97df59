"""Canonical figures of a collection: rows that keep every rule of its contract.

A value depends on the seed, the collection, the key and the day of its slot, and on nothing else.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Protocol

from pipelines.simulate.acute import AcuteFigures
from pipelines.simulate.ambulance import AmbulanceFigures
from pipelines.simulate.draws import Counts, Numbers
from pipelines.simulate.keys import Key
from pipelines.simulate.nhs111 import Nhs111Figures

Columns = Mapping[str, Counts | Numbers]
"""Column → values, keys × slots of one London day."""


class _Model(Protocol):
    def of_day(self, day: date) -> Mapping[str, Counts | Numbers]: ...


class _ModelOfKeys(Protocol):
    def __call__(self, seed: int, keys: Sequence[Key]) -> _Model: ...


MODELS: Mapping[str, _ModelOfKeys] = {
    "acute_realtime": AcuteFigures,
    "ambulance_sitrep": AmbulanceFigures,
    "nhs111": Nhs111Figures,
}
"""The collections that can be simulated."""

CORRECTABLE: Mapping[str, tuple[str, ...]] = {
    "acute_realtime": (
        "patients_in_department",
        "ga_beds_open",
        "longest_wait_minutes",
        "median_time_to_treatment_minutes",
    ),
    "ambulance_sitrep": ("calls_answered", "handovers", "unit_hours_planned"),
    "nhs111": ("calls_received", "clinical_input_calls", "callback_queue"),
}
"""Columns that a correction raises a little: wholes and times, so that every rule still holds."""


class Figures:
    """The figures of one collection for these keys, day by day."""

    def __init__(self, seed: int, collection: str, keys: Sequence[Key]) -> None:
        self._model = MODELS[collection](seed, keys)
        self.place = {key: number for number, key in enumerate(keys)}
        # A feed that is stuck repeats values of its own day, and a day is asked for by every feed.
        self.of_day = lru_cache(maxsize=2)(self._of_day)

    def _of_day(self, day: date) -> Columns:
        """Column → values, keys × slots of that London day."""
        return self._model.of_day(day)
