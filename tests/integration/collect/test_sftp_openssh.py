"""OpenSSH's own server is collected from and answered to as ours is."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from pipelines.base.settings import settings
from pipelines.collect.checks import Step
from pipelines.local_servers.sftp_server import RunningSftp
from tests.support.sftp_home import STEPS, SftpHome, make_home
from tests.support.small_slots import FIRST_FILE, SECOND_FILE
from tests.support.sshd import SSHD, running_sshd

pytestmark = pytest.mark.skipif(SSHD is None, reason="no sshd here: install openssh-server")


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, Any]]:
    try:
        with running_sshd(tmp_path_factory.mktemp("sshd")) as found:
            yield found
    except OSError as error:
        pytest.skip(str(error))


@pytest.fixture
def sftp(
    connection: Mapping[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[SftpHome]:
    root = tmp_path / "root"
    root.mkdir()
    one = make_home(RunningSftp(connection, ""), root, tmp_path, monkeypatch)
    # This server has no root of its own for a login: folders are told in full.
    one.name = str(one.folder)
    one.configure(answers=str(root / "answers"))
    yield one
    settings.cache_clear()


@pytest.mark.parametrize("after_landing", ["leave", "move", "delete"])
def test_files_land_once(sftp: SftpHome, after_landing: str) -> None:
    sftp.configure(after_landing=after_landing)
    for _ in range(2):
        sftp.send(FIRST_FILE, changed_at=1_500_000_000)
        sftp.send(SECOND_FILE, changed_at=1_500_000_000)
        (sftp.folder / "R0A_link.csv").unlink(missing_ok=True)
        (sftp.folder / "R0A_link.csv").symlink_to("/etc/hostname")
        odd = os.fsencode(sftp.folder) + b"/R0A_\xe9.csv"
        Path(os.fsdecode(odd)).write_bytes(b"org_code\nR0A\n")
        os.utime(odd, (1_500_000_000, 1_500_000_000))
        expected = 0 if after_landing == "leave" and sftp.landed() else 3
        assert sftp.collect() == expected
        assert sftp.collect() == 0
    left = {"leave": 4, "move": 2, "delete": 1}[after_landing]
    assert len(sftp.at_server()) == left
    assert len(sftp.at_server("collected")) == (3 if after_landing == "move" else 0)


def test_files_and_answers_are_put_over_those_before(sftp: SftpHome) -> None:
    source = sftp.source()
    for content in (b"first", b"second"):
        source.put(sftp.home, "a.csv", content)
        assert source.put_answers(sftp.home, {"a.json": content}) == {}
        assert (sftp.folder / "a.csv").read_bytes() == content
        assert (sftp.root / "answers" / "a.json").read_bytes() == content


def test_all_steps_are_fine(sftp: SftpHome) -> None:
    sftp.send(FIRST_FILE)
    assert [(one.step, one.is_fine) for one in sftp.check()] == [(step, True) for step in STEPS]


def test_a_folder_that_is_not_there_is_named(sftp: SftpHome) -> None:
    sftp.folder.rmdir()
    last = sftp.check()[-1]
    assert (last.step, last.is_fine) == (Step.LIST, False)
    assert "sees no folder" in last.told
