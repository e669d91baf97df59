"""Files checked by both roads, in plain Python and by Great Expectations, and what differs."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from pipelines.base.errors import SitrepError
from pipelines.check.check_files import check_files
from pipelines.check.given_files import GivenFile
from pipelines.registry.registry import Registry


@dataclass
class Compared:
    """How many files and findings were the same by both roads, and what was not."""

    files: int = 0
    findings: int = 0
    differing: list[str] = field(default_factory=list)

    def add(self, registry: Registry, feed_id: str, name: str, content: bytes) -> None:
        """The file is checked by both roads, and what they tell is compared."""
        # Arrow takes no text with half a sign; a name of a file may have one.
        name = name.encode("utf-8", "replace").decode("utf-8")
        light = _told(registry, feed_id, name, content, is_full=False)
        full = _told(registry, feed_id, name, content, is_full=True)
        self.files += 1
        lines = light.get("files", [{"lines": []}])[0]["lines"]
        self.findings += len(lines)
        own = list(_differences(light, full))
        if own:
            self.differing.append(f"{feed_id} {name}: {'; '.join(own[:3])}")


def _told(
    registry: Registry, feed_id: str, name: str, content: bytes, is_full: bool
) -> dict[str, Any]:
    given = GivenFile(name, "test", content, len(content))
    try:
        checked = check_files(registry, registry.feed(feed_id), [given], is_full=is_full)
    except SitrepError as error:
        return {"error": type(error).__name__}
    told = asdict(checked)
    del told["checked_at"]
    return told


def _differences(light: Any, full: Any, at: str = "") -> Iterator[str]:
    """Each value that is not the same, with its place; 1 and 1.0 are not the same."""
    if isinstance(light, dict) and isinstance(full, dict) and light.keys() == full.keys():
        for name, value in light.items():
            yield from _differences(value, full[name], f"{at}.{name}")
    elif isinstance(light, list | tuple) and isinstance(full, list | tuple):
        if len(light) != len(full):
            yield f"{at}: {len(light)} and {len(full)}"
        for place, (one, other) in enumerate(zip(light, full, strict=False)):
            yield from _differences(one, other, f"{at}[{place}]")
    elif light != full or isinstance(light, int) != isinstance(full, int):
        yield f"{at}: {light!r} and {full!r}"
