"""A DAG of a file, and when its timetable runs it next."""

from datetime import UTC, datetime
from typing import Any

from pipelines.base.settings import PROJECT


def dag_of(file_name: str, dag_id: str) -> Any:
    """The DAG of that file in `dags/`, which loads without errors."""
    from airflow.dag_processing.dagbag import DagBag

    bag = DagBag(dag_folder=str(PROJECT / "dags" / file_name))
    assert bag.import_errors == {}
    return bag.dags[dag_id]


def runs_after(dag: Any, moment: datetime, count: int) -> list[datetime]:
    """When it runs next after that moment, so many times, in UTC."""
    from airflow.serialization.serialized_objects import DagSerialization
    from airflow.timetables.base import DataInterval, TimeRestriction
    from pendulum import instance

    timetable = DagSerialization.from_dict(DagSerialization.to_dict(dag)).timetable
    found: list[datetime] = []
    last = instance(moment)
    for _ in range(count):
        info = timetable.next_dagrun_info(
            last_automated_data_interval=DataInterval.exact(last),
            restriction=TimeRestriction(earliest=None, latest=None, catchup=True),
        )
        assert info is not None
        last = info.run_after
        found.append(last.astimezone(UTC))
    return found
