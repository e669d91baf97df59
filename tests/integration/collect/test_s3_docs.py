"""The chapter on S3 of "sources.md" works as it stands, against a server of this machine."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.base.connections import find_connection
from pipelines.base.settings import PROJECT
from pipelines.collect.s3.s3_access import S3Access
from pipelines.collect.sources.s3 import S3Source
from pipelines.local_servers.s3_server import LocalS3, running_s3
from pipelines.registry.registry import load_registry
from tests.support.s3_place import COLLECTION, NEEDS_SERVER, S3Place, connect, s3_place
from tests.support.simulated import failed
from tests.support.small_slots import write_slots

pytestmark = [NEEDS_SERVER, pytest.mark.xdist_group("s3")]
PAGE = PROJECT / "docs" / "sources.md"


def blocks(kind: str) -> list[str]:
    chapter = PAGE.read_text("utf-8").split("\n## S3\n")[1].split("\n## ")[0]
    return re.findall(rf"```{kind}\n(.*?)```", chapter, flags=re.S)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalS3]:
    with running_s3(tmp_path_factory.mktemp("s3")) as running:
        yield running


@pytest.fixture
def place(server: LocalS3, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[S3Place]:
    with s3_place(server, tmp_path, monkeypatch) as made:
        yield made


def test_the_feed_is_collected_loaded_and_answered_by_the_commands(
    place: S3Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    [feed], [told], [commands] = blocks("yaml"), blocks("json"), blocks("sh")
    (place.home.feeds / COLLECTION / "r0a.yaml").write_text(feed, "utf-8")
    connect(monkeypatch, json.loads(told), endpoint_url=place.server.endpoint_url)
    registry = load_registry()
    assert registry.problems == ()
    source = registry.feed("acute_realtime.r0a").source
    assert isinstance(source, S3Source)
    monkeypatch.setenv("SITREP_NOW", "2027-01-01T12:00:00Z")

    lines = commands.splitlines()
    name, key = re.findall(r"s3 cp (\S+) s3://trusts/(\S+)$", lines[0])[0]
    file = write_slots(place.home.feeds.parent / name, slots=("2026-11-26T11:15:00Z",))
    place.client.put_object(Bucket="trusts", Key=key + name, Body=file.read_bytes())
    assert lines[1].split()[:3] == ["sitrep", "sources", "check"]
    assert lines[1].split()[-1] == source.endpoint
    checks = list(source.check(place.home.home))
    assert [one.told for one in checks if not one.is_fine] == []

    later = place.home.at("2027-01-01T12:00:00Z")
    assert failed([later.call(*line.split()[1:]) for line in lines[2:]]) == []
    assert failed([later.call("drain")]) == []
    assert place.home.ask("SELECT file_name FROM ops.submission") == [(name,)]
    listed = place.client.list_objects_v2(Bucket="trusts", Prefix="r0a/")["Contents"]
    keys = [one["Key"] for one in listed]
    assert [one for one in keys if not one.startswith("r0a/answers/")] == [f"r0a/collected/{name}"]
    assert {one.rpartition(".")[2] for one in keys if "/answers/" in one} == {"json", "md"}


def test_both_forms_of_the_connection_are_one(monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    for told in (blocks("json")[0], blocks("text")[0].strip()):
        monkeypatch.setenv("AIRFLOW_CONN_S3_NORTH", told)
        found.append(S3Access.of(find_connection("s3_north")))
    assert found[0] == found[1]
    assert found[0].secret == "the secret key"
