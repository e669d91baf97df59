"""Modules that a library imports and that nobody here calls: read when first used, or never."""

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any


class LateModule(ModuleType):
    """Stands for a module until the first of its attributes is asked for."""

    def __getattr__(self, attribute: str) -> Any:
        if attribute.startswith("__"):  # the import system looks at a module, and does not use it
            raise AttributeError(attribute)
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(importlib.import_module(self.__name__), attribute)


@contextmanager
def imported_late(*names: str) -> Iterator[None]:
    """What is imported inside binds these modules without reading them.

    Afterwards whoever imports one gets the module itself. A module that was read before stays.
    """
    late = {name: LateModule(name) for name in names if name not in sys.modules}
    sys.modules.update(late)
    try:
        yield
    finally:
        for name, module in late.items():
            if sys.modules.get(name) is module:
                del sys.modules[name]


@contextmanager
def not_imported(*names: str) -> Iterator[None]:
    """What is imported inside finds that these modules are not installed.

    Afterwards whoever imports one gets it. A module that was read before is found.
    """
    absent = [name for name in names if name not in sys.modules]
    # None there is how Python itself notes that a module must not be found.
    sys.modules.update(dict.fromkeys(absent))  # type: ignore[arg-type]
    try:
        yield
    finally:
        for name in absent:
            if sys.modules.get(name, ...) is None:
                del sys.modules[name]
