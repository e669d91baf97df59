import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipelines.base.clock import now
from pipelines.base.errors import UsageError
from pipelines.tokens import refusals
from pipelines.tokens.push_token import TokenState, a_year_after, hash_of_token, id_in
from pipelines.tokens.refusals import RefusedPost, Why, note_refusal, read_refusals
from pipelines.tokens.token_file import (
    find_token,
    last_used,
    make_token,
    note_used,
    read_tokens,
    revoke_token,
    rotate_token,
    tokens_path,
)

FEEDS = ("acute_realtime.r0a",)

pytestmark = pytest.mark.usefixtures("each_state")


@pytest.mark.in_folder
def test_only_the_hash_is_kept_and_only_its_owner_reads_it(home: Path) -> None:
    made, token = make_token(home, FEEDS, note="Manchester")
    assert id_in(token) == made.token_id
    text = tokens_path(home).read_text("utf-8")
    assert token not in text and token.rpartition("_")[2] not in text
    assert json.loads(text)[0]["sha256"] == hash_of_token(token)
    assert tokens_path(home).stat().st_mode & 0o077 == 0
    assert tokens_path(home).parent.stat().st_mode & 0o077 == 0
    assert read_tokens(home) == (made,)


def test_a_token_is_found_by_its_whole_secret(home: Path) -> None:
    made, token = make_token(home, FEEDS)
    tokens = read_tokens(home)
    assert find_token(tokens, made.token_id, token) == made
    assert find_token(tokens, made.token_id, token[:-1]) is None
    assert find_token(tokens, "00000000", token) is None
    assert find_token((), None, "") is None


def test_a_token_ends_after_a_year_unless_said_otherwise(home: Path) -> None:
    made, _ = make_token(home, FEEDS)
    assert made.until == a_year_after(made.created_at)
    assert made.state(made.until - timedelta(seconds=1)) is TokenState.USABLE
    assert made.state(made.until) is TokenState.ENDED
    with pytest.raises(UsageError, match="past"):
        make_token(home, FEEDS, now() - timedelta(days=1))
    assert a_year_after(datetime(2028, 2, 29, tzinfo=UTC)) == datetime(2029, 2, 28, tzinfo=UTC)


def test_rotating_ends_the_old_one_after_the_overlap(home: Path) -> None:
    old, _ = make_token(home, FEEDS, note="Manchester")
    new, token = rotate_token(home, old.token_id, timedelta(days=7))
    before, after = read_tokens(home)
    assert (new.feeds, new.note) == (FEEDS, "Manchester") and after == new
    assert before.replaced_by == new.token_id
    assert timedelta(days=6) < before.until - now() < timedelta(days=8)
    assert find_token((before, after), new.token_id, token) == new
    revoke_token(home, new.token_id)
    with pytest.raises(UsageError, match="revoked"):
        rotate_token(home, new.token_id, timedelta(days=7))
    with pytest.raises(UsageError, match=old.token_id):
        revoke_token(home, "nothing")


def test_a_long_ended_token_is_forgotten(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_token(home, FEEDS, now() + timedelta(days=1))
    monkeypatch.setenv("SITREP_NOW", (now() + timedelta(days=500)).isoformat())
    made, _ = make_token(home, FEEDS)
    assert read_tokens(home) == (made,)


@pytest.mark.in_folder
def test_the_day_of_the_last_use_is_kept_beside_the_tokens(home: Path) -> None:
    made, _ = make_token(home, FEEDS)
    written = tokens_path(home).stat().st_mtime_ns
    note_used(home, made.token_id, now().date())
    note_used(home, "gone", now().date())
    assert last_used(home) == {made.token_id: now().date()}
    assert tokens_path(home).stat().st_mtime_ns == written


@pytest.mark.in_folder
def test_refusals_are_bounded_and_damaged_lines_left_out(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refusals, "_MOST_BYTES", 2000)
    moment = now()
    for number in range(100):
        note_refusal(home, RefusedPost(moment, Why.OTHER_FEED, "127.0.0.1", "ab", f"f{number}"))
    path = home / "push" / "refused.jsonl"
    assert path.stat().st_size < 2200
    kept = read_refusals(home, moment)
    assert kept[-1].feed == "f99" and 5 < len(kept) < 100
    path.write_bytes(b'{"half' + path.read_bytes())
    assert len(read_refusals(home, moment)) == len(kept) - 1
    assert read_refusals(home, moment + timedelta(seconds=1)) == []
