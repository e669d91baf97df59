"""A complete Airflow on this machine, for trying out and for development."""
