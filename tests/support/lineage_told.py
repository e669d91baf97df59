"""OpenLineage's listener in a test's process, which has begun without it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def lineage_told(events: Path, namespace: str) -> Iterator[None]:
    """Events of tasks are lines of that file, as long as the block runs."""
    from airflow.providers.openlineage.plugins.listener import OpenLineageListener
    from airflow.sdk.listener import get_listener_manager

    transport = {"type": "file", "log_file_path": str(events), "append": True}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AIRFLOW__OPENLINEAGE__TRANSPORT", json.dumps(transport))
        patch.setenv("AIRFLOW__OPENLINEAGE__NAMESPACE", namespace)
        patch.setenv("AIRFLOW__OPENLINEAGE__EXECUTE_IN_THREAD", "True")
        _forget_settings()
        listener = OpenLineageListener()  # type: ignore[no-untyped-call]
        manager = get_listener_manager()
        manager.add_listener(listener)  # type: ignore[no-untyped-call]
        try:
            yield
        finally:
            manager.pm.unregister(listener)
    _forget_settings()


def _forget_settings() -> None:
    """The provider remembers each of its settings."""
    from airflow.providers.openlineage import conf

    for one in vars(conf).values():
        if hasattr(one, "cache_clear"):
            one.cache_clear()
