"""The chapter about SFTP does what it says: its feed file and connections are taken as written."""

import json
import os
import re
import shlex

import pytest
import yaml

from pipelines.base.settings import PROJECT
from pipelines.collect.sftp.sftp_access import find_access
from pipelines.collect.sources.sftp import SftpSource
from pipelines.registry.registry import load_registry
from tests.support.sftp_home import SftpHome
from tests.support.small_slots import FEED, write_slots

PAGE = (PROJECT / "docs" / "sources.md").read_text("utf-8")
CHAPTER = next(
    one for one in re.split(r"^## ", PAGE, flags=re.MULTILINE) if one.startswith("SFTP\n")
)
FILE = "R0A_acute_realtime_20261126T113500.csv"


def blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```", CHAPTER, re.MULTILINE | re.DOTALL)


def connections() -> list[str]:
    """What each block sets the variable to, as a shell reads it."""
    told = [shlex.split(block) for block in blocks("sh")]
    return [value for (word,) in told for _, _, value in (word.partition("="),)]


def test_the_feed_file_collects_and_puts_answers(sftp: SftpHome) -> None:
    (content,) = blocks("yaml")
    (sftp.feeds / f"{FEED.replace('.', '/')}.yaml").write_text(content, "utf-8")
    told = json.loads(connections()[0])
    own = sftp.server.connection
    assert set(own) >= set(told), "all that is told is what the server's connection has"
    sftp.connect({**told, **own})
    write_slots(sftp.root / "outgoing" / FILE)
    registry = load_registry()
    assert not registry.problems
    source = registry.feeds[FEED].source
    assert isinstance(source, SftpSource)
    moved = SftpSource.model_validate({**yaml.safe_load(content)["source"], "quiet_seconds": 0})
    assert [one.name for one in moved.list(sftp.home)] == [FILE]
    assert all(one.is_fine for one in source.check(sftp.home))
    assert source.put_answers(sftp.home, {"a.json": b"{}"}) == {}
    assert (sftp.root / "incoming" / "answers" / "a.json").read_bytes() == b"{}"


def test_both_forms_of_the_connection_say_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    for value in connections():
        monkeypatch.setitem(os.environ, "AIRFLOW_CONN_SFTP_R0A", value)
        found.append(find_access("sftp_r0a"))
    first, second = found
    assert first == second
    assert (first.host, first.port, first.login) == ("sftp.trust.example.nhs.uk", 22, "uec_feeds")
    assert (first.password, len(first.host_keys)) == ("Not-a-real-1", 1)


def test_every_word_of_a_source_is_told() -> None:
    words = set(SftpSource.model_fields) - {"kind", "endpoint"}
    told = set(re.findall(r"`(\w+)[`:]", PAGE)) | set(re.findall(r"^  (\w+):", CHAPTER, re.M))
    assert words - told == set()
