"""Patient data goes at its source too."""

import logging
from collections.abc import Sequence
from pathlib import Path

from pipelines.base.disk_faults import raise_disk_fault
from pipelines.collect.collected_source import sources_at
from pipelines.findings.finding import finding
from pipelines.landing.landing import Manifest
from pipelines.parse.submission import Submission
from pipelines.registry.registry import Registry


def drop_at_source(home: Path, registry: Registry, refused: Sequence[Submission]) -> None:
    """The sources that the submissions came from keep no copy of their files.

    Where one cannot be removed, the submission's answer says so.
    """
    for submission in refused:
        try:
            _drop(home, registry, submission.manifest)
        except Exception as error:
            raise_disk_fault(error)
            logging.getLogger(__name__).exception(
                "a copy of %s cannot be removed at its source", submission.manifest.delivery_id
            )
            told = f"{type(error).__name__}: {getattr(error, 'strerror', None) or 'see the log'}"
            submission.findings.append(finding("FILE-017", value=told))


def _drop(home: Path, registry: Registry, manifest: Manifest) -> None:
    endpoint = manifest.source.rpartition("/")[0]
    for source in sources_at(registry, endpoint):
        source.drop_copies(home, manifest)
