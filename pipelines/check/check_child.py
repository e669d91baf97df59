"""Checks files in a process of its own, whose memory and time are bounded.

Run as a module by `check_process`: a request comes in, the report as HTML goes out.
"""

import json
import pickle
import resource
import sys
from pathlib import Path


def main() -> None:
    """Answers one request: the page, or the sentence that says why there is none."""
    asked = pickle.load(sys.stdin.buffer)
    resource.setrlimit(resource.RLIMIT_DATA, (asked["memory_bytes"],) * 2)
    resource.setrlimit(resource.RLIMIT_CPU, (asked["seconds"],) * 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    from pipelines.base.errors import SitrepError

    try:
        told = ("page", _page(asked))
    except SitrepError as error:
        told = ("why", str(error))
    sys.stdout.buffer.write(json.dumps(told).encode())


def _page(asked: dict[str, object]) -> str:
    from pipelines.check.check_files import check_files
    from pipelines.check.check_report import report_page
    from pipelines.check.given_files import GivenFile
    from pipelines.registry.registry import load_registry

    registry = load_registry()
    named, files = asked["publication"], asked["files"]
    organisations = asked["organisations"]
    assert isinstance(files, list)
    checked = check_files(
        registry,
        registry.feed(str(asked["feed"])),
        [GivenFile(name, "upload", content, len(content)) for name, content in files],
        publication=Path(str(named)) if named else None,
        organisations=organisations if isinstance(organisations, frozenset) else None,
    )
    return report_page(checked, back=str(asked["back"]))


if __name__ == "__main__":
    main()
