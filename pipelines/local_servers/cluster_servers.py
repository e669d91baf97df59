"""Postgres, Redis and an object store on loopback, as a cluster on this machine shares them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pipelines.local_servers.postgres_server import LocalPostgres, running_postgres
from pipelines.local_servers.redis_server import LocalRedis, running_redis
from pipelines.local_servers.s3_server import LocalS3, running_s3

STATE_SCHEMA = "state"


@dataclass(frozen=True, slots=True)
class RunningServers:
    """The three, with a database for each that needs one."""

    postgres: LocalPostgres
    redis: LocalRedis
    objects: LocalS3
    state: str
    catalogue: str
    metadata: str
    """Addresses of databases: of the pipeline, of the lake's catalogue, of Airflow."""

    @property
    def bucket(self) -> str:
        """Address of the bucket."""
        return f"s3://{self.objects.bucket}"


@contextmanager
def running_cluster_servers(folder: Path) -> Iterator[RunningServers]:
    """All three run, empty; raises `UsageError` where one is not installed."""
    with running_postgres() as postgres, running_redis() as redis, running_s3(folder) as objects:
        yield RunningServers(
            postgres,
            redis,
            objects,
            with_schema(postgres.make_database("sitrep"), STATE_SCHEMA),
            postgres.make_database("lake"),
            postgres.make_database("airflow"),
        )


def with_schema(address: str, schema: str) -> str:
    """The address with that schema, which is made, as the first of its search path."""
    import psycopg

    with psycopg.connect(address, autocommit=True) as session:
        session.execute(f'CREATE SCHEMA IF NOT EXISTS "{schema}"')
    return f"{address}?options=-csearch_path%3D{schema}"
