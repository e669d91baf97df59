"""The process that checks an uploaded file: whatever the file does, it does to this process only.

    python -m pipelines.check.check_child < request

The request is a line of JSON and the file's bytes; the report's HTML is the output. Nothing is
written to disk.
"""

import resource
import sys

import msgspec

MEMORY_BYTES = 4 * 1024**3
"""Address space; the libraries that are loaded take most of it."""


class CheckRequest(msgspec.Struct):
    """What is to be checked."""

    feed_id: str
    file_name: str
    cpu_seconds: int


def main() -> None:
    """Checks what stands in the input, and writes the report."""
    request = msgspec.json.decode(sys.stdin.buffer.readline(), type=CheckRequest)
    content = sys.stdin.buffer.read()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (request.cpu_seconds, request.cpu_seconds))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))

    from pipelines.base.settings import settings
    from pipelines.check.check_files import check_given
    from pipelines.check.levels import Recent
    from pipelines.check.report_page import report_body
    from pipelines.landing.landing import Delivery
    from pipelines.registry.registry import load_registry

    registry = load_registry()
    contract = registry.collection(registry.feed(request.feed_id).collection)
    given = Delivery(content, request.file_name, request.feed_id, "upload")
    recent = Recent.of(settings().root, None)
    body = report_body(list(check_given(registry, [given], 2, recent)), contract)
    sys.stdout.buffer.write(body.encode())


if __name__ == "__main__":
    main()
