"""Shows a broken feed or collection file at once, as an Airflow import error of this DAG file.

It makes no DAG: one in a file that cannot be imported would vanish with the first mistake. The
DAGs stand in other files and are not touched by this one.
"""

from pipelines.base.errors import ConfigurationError
from pipelines.registry.registry import load_registry

_problems = load_registry().problems
if _problems:
    raise ConfigurationError("\n" + "\n".join(problem.message for problem in _problems))
