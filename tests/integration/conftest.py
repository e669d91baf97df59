"""Airflow's fixtures for the tests of this folder."""

from tests.support.airflow_database import airflow_home, worker_number

__all__ = ["airflow_home", "worker_number"]
