"""What tests of sources share: a real SFTP server for those of a file, and pauses without lot."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.base.settings import settings
from pipelines.collect.addresses import http_client
from pipelines.local_servers.sftp_server import RunningSftp, running_sftp
from tests.support.sftp_home import SftpHome, make_home


@pytest.fixture(autouse=True)
def _no_jitter(monkeypatch: pytest.MonkeyPatch) -> None:
    """No pause is longer by lot, unless a test says so: the others compare pauses as they are."""
    monkeypatch.setattr(http_client, "lot", lambda: 0.0)


@pytest.fixture(scope="module")
def sftp_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the server shows."""
    return tmp_path_factory.mktemp("sftp")


@pytest.fixture(scope="module")
def sftp_server(sftp_root: Path) -> Iterator[RunningSftp]:
    """It runs as long as the tests of the file."""
    with running_sftp(sftp_root) as running:
        yield running


@pytest.fixture
def sftp(
    sftp_server: RunningSftp, sftp_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[SftpHome]:
    """A home and a folder of its own; a server that is down is asked again at once."""
    monkeypatch.setattr("pipelines.collect.sftp.sftp_access._PAUSE_SECONDS", 0.01)
    monkeypatch.setattr("pipelines.collect.sftp.sftp_access._LONGEST_PAUSE_SECONDS", 0.02)
    yield make_home(sftp_server, sftp_root, tmp_path, monkeypatch)
    settings.cache_clear()
