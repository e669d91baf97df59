"""What providers wrote, in the files of an answer and in the log of the task."""

import json
import logging
import re
from pathlib import Path

import pytest

from pipelines.answer.answer import _write
from pipelines.answer.answer_log import tell_log
from pipelines.registry.registry import load_registry
from tests.unit.answer.test_answer_page import LINE, answer_of

ATTACK = "a\x1b]8;;x\x07<script>&\u202e\x9b31m\u2028\nb.csv\taccepted"


def test_no_file_of_an_answer_has_what_runs_or_hides(tmp_path: Path) -> None:
    line = {**LINE, "message": ATTACK, "value": ATTACK, "sheet": ATTACK}
    _write(tmp_path, [answer_of(line, file_name=ATTACK, status="rejected")], load_registry())
    files = sorted(path for path in tmp_path.rglob("*") if path.is_file())
    assert [path.suffix for path in files] == [".json", ".md", ".jsonl"]
    for path in files:
        text = path.read_text("utf-8")
        assert not re.search(r"<script|[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u202e]", text), path
    for path in (files[0], files[2]):
        assert json.loads(path.read_text("utf-8"))["lines"][0]["value"] == ATTACK


def test_the_log_has_one_line_for_one_file(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    line = {**LINE, "message": ATTACK, "severity": "reject_submission"}
    tell_log([answer_of(line, file_name=ATTACK, status="rejected")])
    assert len(caplog.messages) == 2
    assert all(message.isprintable() for message in caplog.messages)
