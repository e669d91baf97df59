"""The one way into Great Expectations of this process: silent, in memory, off the network.

Importing this module is cheap; the first call imports Great Expectations and registers our own
types with it, which takes seconds and about 200 MB.
"""

import gc
import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

from expectations.late_imports import imported_late, not_imported

if TYPE_CHECKING:
    from great_expectations.core.batch_definition import BatchDefinition


@cache
def define_batch() -> "BatchDefinition[Any]":
    """What makes a batch of a data frame, the same each time."""
    # Of the time that it takes to import, a third goes to two libraries of its statistics on
    # distributions, and a sixth to databases, where Airflow has installed SQLAlchemy.
    with (
        _quiet_import(),
        imported_late("altair", "scipy.stats"),
        not_imported("psycopg2", "sqlalchemy"),
    ):
        import great_expectations as gx
        from great_expectations.data_context.types import base

        # Registers our own types.
        from expectations import custom, reference_set, texts, times, uniqueness  # noqa: F401

    # What was imported lives as long as the process: no collection looks through it again.
    gc.freeze()
    config = base.DataContextConfig(
        store_backend_defaults=base.InMemoryStoreBackendDefaults(init_temp_docs_sites=False),
        analytics_enabled=False,
        progress_bars=base.ProgressBarsConfig(globally=False, metric_calculations=False),
    )
    context = gx.get_context(mode="ephemeral", project_config=config)
    asset = context.data_sources.add_pandas("submissions").add_dataframe_asset("rows")
    return asset.add_batch_definition_whole_dataframe("pending")


@contextmanager
def _quiet_import() -> Iterator[None]:
    """Keeps what importing Great Expectations does to logging and warnings from the process."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    # It would log every metric that failed, which we raise.
    logging.getLogger("great_expectations").setLevel(logging.CRITICAL)
    show_warning = warnings.showwarning
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        yield
        if warnings.showwarning is not show_warning:
            logging.captureWarnings(False)
