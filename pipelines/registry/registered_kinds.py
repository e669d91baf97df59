"""Kinds of formats and of sources: one class in one file each, known by its `kind:`.

A family's classes register themselves when their module is imported. The first question imports
every module of the family's package by its name, so that adding a file there is all that a new
kind takes, and nothing here imports what stands above.
"""

import importlib
import importlib.util
import pkgutil
import threading
from collections.abc import Mapping
from typing import Any, Generic, TypeVar, get_args

from pydantic import ConfigDict, GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationError
from pydantic_core import CoreSchema, InitErrorDetails, PydanticCustomError, core_schema

from pipelines.base.yamlfile import Strict

Kind = TypeVar("Kind", bound=Strict)
AnyKind = TypeVar("AnyKind", bound=type[Strict])

BUILT_WHEN_NEEDED = ConfigDict(defer_build=True)
"""For the classes of a family: what no feed uses, and what is only a base, costs no time."""


class UnknownKind(LookupError):
    """There is no class of that kind; the message lists those that there are."""


class Kinds(Generic[Kind]):
    """The classes of one family by their `kind`."""

    def __init__(self, family: str, package: str) -> None:
        """`family` is the word for messages, `package` the one whose modules register kinds."""
        self.family = family
        self._package = package
        self._classes: dict[str, type[Kind]] = {}
        self._broken: dict[str, BaseException] = {}
        self._has_begun = False
        self._is_loaded = False
        self._loading = threading.RLock()

    def register(self, cls: AnyKind) -> AnyKind:
        """The class is the one of its `kind`; raises `ValueError` where another one is already."""
        kind = _kind_of(cls)
        known = self._classes.get(kind)
        if known is not None and known.__qualname__ != cls.__qualname__:
            raise ValueError(f"{self.family} '{kind}' is {known.__qualname__} already")
        self._classes[kind] = cls  # type: ignore[assignment]
        return cls

    def forget(self, kind: str) -> None:
        """No class is of that kind any more."""
        self._classes.pop(kind, None)

    def all(self) -> Mapping[str, type[Kind]]:
        """Kind → its class."""
        self._load()
        return dict(sorted(self._classes.items()))

    def of(self, kind: object) -> type[Kind]:
        """The class of that kind; raises `UnknownKind` with those that there are.

        Most modules are named for their kind: the others are not imported for it then.
        """
        if isinstance(kind, str) and (known := self._of_its_module(kind)) is not None:
            return known
        found = self.all()
        if isinstance(kind, str) and kind in found:
            return found[kind]
        told = f"there is no {self.family} '{kind}'; known: {', '.join(found) or 'none'}"
        # Whether the missing kind is theirs cannot be known: nobody could read what they define.
        broken = [f"{name} cannot be imported ({why})" for name, why in self._broken.items()]
        raise UnknownKind("; ".join([told, *broken]))

    def _of_its_module(self, kind: str) -> type[Kind] | None:
        """The class of that kind where it is registered, or its module of that name does so."""
        name = f"{self._package}.{kind}"
        if kind not in self._classes and kind.isidentifier() and not self._is_loaded:
            try:
                if importlib.util.find_spec(name) is not None:
                    importlib.import_module(name)
            except (Exception, SystemExit):
                # Told by whoever imports all of them.
                return None
        return self._classes.get(kind)

    def _load(self) -> None:
        if self._is_loaded:
            return
        # Other threads wait until all kinds are there; a module that asks for kinds does not.
        with self._loading:
            if self._has_begun:
                return
            self._has_begun = True
            package = importlib.import_module(self._package)
            for module in pkgutil.iter_modules(package.__path__, f"{self._package}."):
                try:
                    importlib.import_module(module.name)
                except (Exception, SystemExit) as error:
                    self._broken[module.name] = error
            self._is_loaded = True


class Registered:
    """Annotation of a field that holds an instance of one of the family's classes.

    A mapping is read as the class that its `kind` names; the mistakes in it keep their place.
    """

    def __init__(self, kinds: Kinds[Any]) -> None:
        self._kinds = kinds

    def __get_pydantic_core_schema__(
        self, source: type[Strict], handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        def read(value: object) -> object:
            return value if isinstance(value, source) else self._read(value)

        # What is written is what the class has, and not only what the annotated base has.
        as_it_is = core_schema.wrap_serializer_function_ser_schema(
            lambda value, write: write(value), schema=core_schema.any_schema()
        )
        return core_schema.no_info_plain_validator_function(read, serialization=as_it_is)

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        classes = self._kinds.all()
        for cls in classes.values():
            cls.model_rebuild()
        return {
            "discriminator": {"propertyName": "kind"},
            "oneOf": [handler(cls.__pydantic_core_schema__) for cls in classes.values()],
        }

    def _read(self, value: object) -> Strict:
        if not isinstance(value, Mapping):
            raise PydanticCustomError("kind", "needs keys and values, among them 'kind'")
        try:
            cls = self._kinds.of(value["kind"])
        except KeyError:
            raise PydanticCustomError("kind", "needs a 'kind'") from None
        except UnknownKind as error:
            wrong = PydanticCustomError("kind", "{told}", {"told": str(error)})
            at_kind = InitErrorDetails(type=wrong, loc=("kind",), input=value["kind"])
            raise ValidationError.from_exception_data(self._kinds.family, [at_kind]) from None
        read: Strict = cls.model_validate(value)
        return read


def _kind_of(cls: type[Strict]) -> str:
    """The kind that the class is for: the one value that its field `kind` may have."""
    field = cls.model_fields.get("kind")
    allowed = get_args(field.annotation) if field is not None else ()
    if len(allowed) != 1:
        raise ValueError(f"{cls.__qualname__} needs a field like kind: Literal['its_name']")
    return str(allowed[0])
