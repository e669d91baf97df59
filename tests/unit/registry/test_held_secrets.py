"""A feed file that holds a secret costs itself, and nobody is told the secret."""

from pathlib import Path
from typing import Any

import pytest

from pipelines.registry.held_secrets import secret_in, secrets_in
from pipelines.registry.registry import load_registry
from tests.support.answered_back import use_feeds

HUSH = "hunter2hunter2"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc"


@pytest.mark.parametrize(
    "text",
    [
        f"https://user:{HUSH}@x.nhs.uk/slots",
        f"sftp://user:{HUSH}@x.nhs.uk",
        f"user:{HUSH}@x.nhs.uk",
        f"https://x.nhs.uk/a?access_token={HUSH}",
        f"https://x.nhs.uk/a?b=1&api%2Dkey={HUSH}",
        "https://x.nhs.uk/a?key",
        f"/next?X-Amz-Signature={HUSH}",
        f"https://x.blob.core.windows.net/c?sv=2024&sig={HUSH}",
        "-----BEGIN OPENSSH PRIVATE KEY-----\nabc",
        "-----BEGIN CERTIFICATE-----\nabc",
        "AKIAIOSFODNN7EXAMPLE",
        "s3://bucket/ASIAIOSFODNN7EXAMPLE/x",
        f"Bearer {HUSH}",
        f"authorised by Basic {HUSH}==",
        JWT,
    ],
)
def test_a_text_that_looks_like_a_secret_is_one(text: str) -> None:
    told = secret_in(text)
    assert told
    assert HUSH not in told


@pytest.mark.parametrize(
    "text",
    [
        "incoming/acute_realtime",
        "R0A_*_[0-9]?key*.csv",
        "?token_*.csv",
        "https://x.nhs.uk/slots?from={slot_start:%Y%m%dT%H%M%S}&to={slot_end}",
        "sftp://user@x.nhs.uk:22/out",
        "s3://bucket/prefix",
        "X26OT123",
        "UEC_SITREP",
        "https://[::1]:8080/slots",
        "monkey=banana",
        "{slot_start:%Y-%m-%d}.csv",
    ],
)
def test_what_feeds_say_is_none(text: str) -> None:
    assert secret_in(text) is None


@pytest.mark.parametrize(
    ("source", "place"),
    [
        ({"password": HUSH}, ("password",)),
        ({"sign_in": {"client-secret": HUSH}}, ("sign_in", "client-secret")),
        ({"token": 12345}, ("token",)),
        ({"private_key": ["a", "b"]}, ("private_key",)),
        ({"others": ["a", {"address": f"https://u:{HUSH}@x"}]}, ("others", 1, "address")),
        ({f"u:{HUSH}@x": 1}, ()),
    ],
)
def test_a_secret_is_found_where_it_stands(source: dict[str, Any], place: tuple[Any, ...]) -> None:
    ((found, told),) = secrets_in(source)
    assert found == place
    assert HUSH not in told


@pytest.mark.parametrize(
    "source",
    [
        {"connection": "trust_password_store", "pattern": "*.csv", "marker": ".done"},
        {"password": None, "token": ""},
        {"tokens_per_minute": 5, "key_pattern": "a*", "host_key_file": "known_hosts"},
        None,
        "text",
    ],
)
def test_what_only_sounds_like_one_is_none(source: Any) -> None:
    assert list(secrets_in(source)) == []


def test_a_feed_file_with_a_secret_is_told_with_file_and_line_and_not_quoted(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = use_feeds(monkeypatch, tmp_path / "feeds", answers=None)
    text = path.read_text("utf-8")
    path.write_text(text.replace("  kind: directory\n", f"  password: {HUSH}\n  kind: directory\n"))
    line = 1 + text.split("  kind: directory")[0].count("\n")
    registry = load_registry()
    assert registry.feeds == {}
    (problem,) = registry.problems
    assert problem.message.startswith(f"{path}:{line}: source.password: holds a secret")
    assert "AIRFLOW_CONN_<NAME>" in problem.message
    assert HUSH not in problem.message
    path.write_text(text)
    assert list(load_registry().feeds) == ["acute_realtime.r0a"]
