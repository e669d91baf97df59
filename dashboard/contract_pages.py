"""Pages for those who send: each contract in words, by the same model as docs/collections."""

from collections.abc import Iterator
from functools import partial

from dashboard.desk import Desk, Maker
from pipelines.guide.collection_guide import tell_collections
from pipelines.registry.registry import Registry


def contract_pages(desk: Desk, registry: Registry) -> Iterator[Maker]:
    """All collections in a table, and a page for each."""
    guides = tell_collections(registry)
    yield (
        "/collections",
        partial(desk.page, "/collections", "collections", guides=list(guides.values())),
    )
    for name, guide in guides.items():
        address = f"/collections/{name}"
        yield address, partial(desk.page, address, "contract", guide=guide)
