"""A link to the dashboard in Airflow's menu; Airflow loads this folder as its plugins.

Airflow signs nobody in to an app that a plugin mounts: the dashboard stands by itself.
"""

from typing import Any

from airflow.plugins_manager import AirflowPlugin

from pipelines.base.settings import settings


class ControlRoomLink(AirflowPlugin):
    """The dashboard's address, which `SITREP_DASHBOARD_URL` gives."""

    name = "control_room"
    external_views: list[Any] = [  # noqa: RUF012 - as Airflow declares it
        {
            "name": "Control room",
            "href": settings().dashboard_url,
            "destination": "nav",
            "nav_top_level": True,
        }
    ]
