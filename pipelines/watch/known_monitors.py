"""Finds the monitors: every module of `pipelines.watch.monitors`, no list to keep.

A module that cannot be used costs its own findings only.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pkgutil import iter_modules

from pipelines.base.errors import ConfigurationError
from pipelines.watch import monitors
from pipelines.watch.monitor import Monitor
from pipelines.watch.watch_finding import WatchKind


@dataclass(frozen=True)
class BrokenMonitor:
    """A monitor's module that cannot be used, and why."""

    module: str
    error: BaseException


@dataclass(frozen=True)
class KnownMonitors:
    """The monitors that can look, and those that cannot."""

    usable: tuple[Monitor, ...]
    broken: tuple[BrokenMonitor, ...]

    @property
    def kinds(self) -> Mapping[str, WatchKind]:
        """Every kind of finding by its code, the most urgent first."""
        kinds = [kind for monitor in self.usable for kind in monitor.kinds]
        return {kind.code: kind for kind in sorted(kinds, key=lambda kind: kind.urgency)}


def find_monitors() -> KnownMonitors:
    """Every monitor in the order of its module's name."""
    usable: dict[str, Monitor] = {}
    broken = []
    for name in sorted(module.name for module in iter_modules(monitors.__path__)):
        try:
            usable[name] = _read_monitor(name, usable)
        except (Exception, SystemExit) as error:
            broken.append(BrokenMonitor(name, error))
    return KnownMonitors(tuple(usable.values()), tuple(broken))


def kind_of(code: str, kinds: Mapping[str, WatchKind]) -> WatchKind:
    """The kind of that code; of a remembered finding without a usable monitor, one without words.

    Nobody is told that such a finding is over.
    """
    return kinds.get(code) or WatchKind(code, "A finding", 1000, "", "", end_is_news=False)


def _read_monitor(name: str, others: Mapping[str, Monitor]) -> Monitor:
    monitor = import_module(f"{monitors.__name__}.{name}").MONITOR
    if not isinstance(monitor, Monitor):
        raise ConfigurationError(f"{name}.MONITOR must be a Monitor")
    codes = {kind.code for kind in monitor.kinds}
    for other, its in others.items():
        if taken := sorted(codes & {kind.code for kind in its.kinds}):
            raise ConfigurationError(f"{name} has codes of {other}: {', '.join(taken)}")
    return monitor
