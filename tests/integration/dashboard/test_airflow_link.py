"""Airflow's menu has a link to the dashboard."""

import runpy
from pathlib import Path

import pytest

from pipelines.base.settings import settings
from pipelines.local_airflow.airflow_home import environment


def test_the_plugin_that_airflow_loads_names_the_dashboard(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SITREP_DASHBOARD_URL", "https://control-room.example/")
    settings.cache_clear()
    folder = Path(environment(home)["AIRFLOW__CORE__PLUGINS_FOLDER"])
    file = folder / "control_room_link.py"
    (view,) = runpy.run_path(str(file))["ControlRoomLink"].external_views
    assert (view["name"], view["href"], view["destination"]) == (
        "Control room", "https://control-room.example/", "nav",
    )  # fmt: skip
