"""A bucket of its own for a test, and feeds of quarter-hours that are collected from it."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipelines.base.settings import PROJECT, settings
from pipelines.collect.collect import collect_endpoint
from pipelines.collect.sources.s3 import S3Source
from pipelines.landing.landing import Landing
from pipelines.local_servers.s3_server import LocalS3, is_installed
from pipelines.registry.registry import load_registry
from tests.support.simulated import SimulatedHome

NEEDS_SERVER = pytest.mark.skipif(not is_installed(), reason="make servers was not run")
ENDPOINT_PREFIX = "r0a/"
NOW = "2026-11-26T12:00:00Z"
COLLECTION = "acute_realtime"
_numbers = count(1)


@dataclass(frozen=True)
class S3Place:
    """A bucket, what providers do to it, and a home that collects from it."""

    server: LocalS3
    bucket: str
    home: SimulatedHome
    client: Any

    @property
    def endpoint(self) -> str:
        return f"s3://s3_north/{self.bucket}/r0a"

    def put(self, name: str, content: bytes = b"a", prefix: str = ENDPOINT_PREFIX) -> None:
        """The object is there."""
        self.client.put_object(Bucket=self.bucket, Key=prefix + name, Body=content)

    def all_keys(self) -> list[str]:
        """All keys of the bucket."""
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket)
        return sorted(one["Key"] for page in pages for one in page.get("Contents", ()))

    def source(self, **changes: Any) -> S3Source:
        """The source as the feeds have it."""
        return S3Source(**(self.configured() | changes))

    def configured(self) -> dict[str, Any]:
        """The source of a feed file, for all names."""
        return {
            "kind": "s3",
            "connection": "s3_north",
            "bucket": self.bucket,
            "prefix": ENDPOINT_PREFIX,
            "pattern": "*",
            "quiet_seconds": 0,
        }

    def feed(self, code: str = "R0A", **source: Any) -> Path:
        """A feed of that provider is collected from the bucket."""
        content = {
            "title": f"{code} from S3",
            "provider": {"code": code, "name": code},
            "stage": "live",
            "slots_from": "2026-11-26",
            "source": self.configured() | {"pattern": f"{code}_*.csv"} | source,
            "file_time": {"pattern": r"_(\d{8}T\d{6})\.", "format": "%Y%m%dT%H%M%S", "zone": "UTC"},
            "layout": "template",
        }
        path = self.home.feeds / COLLECTION / f"{code.lower()}.yaml"
        path.write_text(yaml.safe_dump(content), "utf-8")
        return path

    def collect(self) -> int:
        """What is new has landed; the number of files."""
        return collect_endpoint(self.home.home, self.endpoint, load_registry())

    def landed(self) -> list[str]:
        """The names of what waits to be loaded."""
        return sorted(one.file_name for one in Landing(self.home.home).waiting())


@contextmanager
def s3_place(server: LocalS3, folder: Path, patch: pytest.MonkeyPatch) -> Iterator[S3Place]:
    """A new bucket, and a home with one feed."""
    bucket = f"trusts-{next(_numbers)}"
    client = server.client()
    where = {"LocationConstraint": client.meta.region_name}
    client.create_bucket(Bucket=bucket, CreateBucketConfiguration=where)
    home = SimulatedHome(folder / "home", folder / "feeds", NOW)
    (home.feeds / COLLECTION / "layouts").mkdir(parents=True)
    place = S3Place(server, bucket, home, client)
    _copy_layouts(home.feeds)
    place.feed()
    patch.setenv("SITREP_HOME", str(home.home))
    patch.setenv("SITREP_FEEDS_DIR", str(home.feeds))
    patch.setenv("SITREP_NOW", NOW)
    connect(patch, server.connection)
    settings.cache_clear()
    yield place
    settings.cache_clear()


def connect(
    patch: pytest.MonkeyPatch, connection: Mapping[str, Any], name: str = "S3_NORTH", **extra: Any
) -> None:
    """The connection is in the environment; `extra` changes what it says beside its fields."""
    changed = dict(connection) | {"extra": dict(connection["extra"]) | extra}
    patch.setenv(f"AIRFLOW_CONN_{name}", json.dumps(changed))


def _copy_layouts(feeds: Path) -> None:
    for path in (PROJECT / "pipelines" / "feeds" / COLLECTION / "layouts").glob("*.yaml"):
        (feeds / COLLECTION / "layouts" / path.name).write_bytes(path.read_bytes())
