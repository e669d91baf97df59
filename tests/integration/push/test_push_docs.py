"""The section on push does what it says: its feed file is taken, its commands and curl run."""

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines import steps
from pipelines.base.settings import PROJECT, settings
from pipelines.push.push_settings import PushSettings, read_push_settings
from pipelines.registry.registry import load_registry
from pipelines.tokens.token_file import make_token
from tests.support.pushed import SUBMISSIONS, Endpoint, bearer, push_served

PAGE = PROJECT / "docs" / "sources.md"
SECTION = PAGE.read_text("utf-8").partition("\n## Push\n")[2].partition("\n## ")[0]
FEED = "ambulance_sitrep.rx9"
HOST = "https://feeds.example.nhs.uk"
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", SECTION, re.MULTILINE | re.DOTALL)


def test_the_page_is_run_here() -> None:
    assert PAGE.name == "sources.md"
    assert [kind for kind, _ in BLOCKS] == ["yaml", "sh", "sh", "sh", "sh", "sh"]


def blocks_with(word: str) -> list[str]:
    found = [text for kind, text in BLOCKS if kind == "sh" and word in text]
    assert found
    return found


@pytest.fixture
def endpoint(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Endpoint]:
    """A home whose feed is the page's own."""
    import shutil

    feeds = Path(shutil.copytree(settings().feeds_dir, tmp_path / "feeds"))
    (text,) = (text for kind, text in BLOCKS if kind == "yaml")
    (feeds / "ambulance_sitrep" / "rx9.yaml").write_text(text, "utf-8")
    monkeypatch.setenv("SITREP_FEEDS_DIR", str(feeds))
    settings.cache_clear()
    assert load_registry().problems == ()
    assert load_registry().feed(FEED).source.kind == "push"
    with push_served(home) as served:
        yield served


def run(text: str, folder: Path, **changes: str) -> str:
    path = f"{PROJECT / '.venv' / 'bin'}:{os.environ['PATH']}"
    done = subprocess.run(
        ["/bin/sh", "-eu", "-c", text], cwd=folder, env={**os.environ, "PATH": path, **changes},
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, (text, done.stdout, done.stderr)
    return done.stdout


def test_the_example_with_curl_runs(endpoint: Endpoint, home: Path, tmp_path: Path) -> None:
    _, token = make_token(home, [FEED])
    (header,) = (f"{name}: {told}" for name, told in bearer(token).items())
    (tmp_path / "token.header").write_text(f"{header}\n", "utf-8")
    (tmp_path / "file.csv").write_text("org_code,report_date\nRX9,2026-11-25\n", "utf-8")
    (post,) = blocks_with("--data-binary")
    told = run(post.replace(HOST, endpoint.address), tmp_path)
    assert '"status":"received"' in told
    steps.drain()
    with endpoint.with_token(token) as client:
        (listed,) = client.get(SUBMISSIONS).json()["submissions"]
    (ask,) = blocks_with("text/markdown")
    told = run(ask.replace(HOST, endpoint.address), tmp_path, ID=listed["submission_id"])
    assert listed["submission_id"] in told and '"submissions"' in told


def test_the_commands_on_tokens_run(endpoint: Endpoint, home: Path, tmp_path: Path) -> None:
    (new,) = blocks_with("tokens new")
    token = run(new, tmp_path).splitlines()[2]
    with endpoint.with_token(token) as client:
        assert client.get(SUBMISSIONS).status_code == 200
        (rotate,) = blocks_with("tokens rotate")
        run(rotate.replace("8d17cb31", token.split("_")[1]), tmp_path)
        assert client.get(SUBMISSIONS).status_code == 401


def test_the_settings_go_together(monkeypatch: pytest.MonkeyPatch) -> None:
    (serve,) = blocks_with("push-server")
    for name, value in re.findall(r"^export (\w+)=(\S+)", serve, re.MULTILINE):
        assert name.removeprefix("SITREP_PUSH_").lower() in PushSettings.model_fields
        monkeypatch.setenv(name, value)
    (host,) = re.findall(r"^sitrep push-server --host (\S+)$", serve, re.MULTILINE)
    assert read_push_settings(host).is_plain_for_others
