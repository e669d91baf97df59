"""Warms the process that Airflow forks its workers from; the other components have no tasks.

Needs `[core] lazy_load_plugins = False`: plugins are loaded before workers are forked then.
"""

import sys

from airflow.plugins_manager import AirflowPlugin

from pipelines.base.settings import settings
from pipelines.warm import forks_workers, import_all, warm_up


class WarmWorkers(AirflowPlugin):
    """Nothing of it shows in Airflow."""

    name = "warm_workers"


if settings().warm_workers and forks_workers(sys.argv):
    # A task reads its DAG's file again, and finds what that imports.
    import_all(["dags.collection_dags"])
    warm_up()
