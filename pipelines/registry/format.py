"""What any format of files is to a feed: how it names columns and how their texts are written.

Reading and writing files is for the classes of `pipelines.parse.formats`, one for each kind.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pipelines.base.yamlfile import Strict
from pipelines.registry.column import Column
from pipelines.registry.contract import Collection
from pipelines.registry.registered_kinds import BUILT_WHEN_NEEDED, Kinds, Registered

GivenIn = Literal["seconds", "minutes", "hours", "clock"]
Clock = Literal["hh:mm", "mm:ss"]
DecimalMark = Literal["auto", "point", "comma"]
Zone = Literal["Europe/London", "UTC", "offset"]
CodeAt = Literal["start", "end", "brackets"]


@dataclass(frozen=True)
class Reading:
    """How the texts of one column are written, apart from where they stand.

    Columns with equal readings are read together, whichever feed they are from.
    """

    prefixes: tuple[str, ...] = ()
    suffixes: tuple[str, ...] = ()
    given_in: GivenIn | None = None
    format: str | None = None
    zone: Zone = "offset"
    labelled_by: Literal["start", "end"] = "start"
    clock: Clock | None = None
    decimal_mark: DecimalMark = "auto"
    code_at: CodeAt | None = None


AS_IT_STANDS = Reading()


class Format(Strict, ABC):
    """A format of files, as a feed configures it."""

    model_config = BUILT_WHEN_NEEDED

    if TYPE_CHECKING:
        # Each kind has it as a field of its own, with its name as the only value.
        kind: str

    def reading(self, column: str) -> Reading:
        """How the texts of that column are written."""
        return AS_IT_STANDS

    @property
    def states_national(self) -> bool:
        """Whether its files may state national figures, to be kept and compared."""
        return False

    @property
    @abstractmethod
    def columns_named(self) -> frozenset[str]:
        """The columns of the collection that the configuration names."""

    def renamed(self, names: Mapping[str, str]) -> Self:
        """The format with columns that have another name now; raises `ValueError` where one is
        named twice in ways that cannot be put together. `names` gives the new name of each.
        """
        return self

    def columns_offered(self, collection: Collection) -> Sequence[Column]:
        """The columns of the collection that the configuration may name."""
        return collection.columns


formats: Kinds[Format] = Kinds("format", "pipelines.parse.formats")
"""The formats that a feed may have."""

AnyFormat = Annotated[Format, Registered(formats)]
"""A format of any kind, in a model that is read from a file."""
