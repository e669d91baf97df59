"""Text of others on a terminal, in CSV, in JSON and in a message."""

import ast
import csv
import io
import json
import re
import sys
import time

import pytest
from rich.console import Console

from pipelines.base.outgoing import csv_cell, json_text, one_line, visible
from pipelines.base.settings import PROJECT
from pipelines.cli import console
from pipelines.watch.alert import alert_of

STEERS = {
    "ansi": "\x1b[31mred\x1b[2J",
    "osc link": "\x1b]8;;http://evil.example\x1b\\click\x1b]8;;\x07",
    "osc title": "\x1b]0;title\x07",
    "c1 csi": "\x9b31mred",
    "c1 osc": "\x9d0;title\x9c",
    "dcs": "\x1bP$q\x1b\\",
    "backspace": "rejected\x08\x08\x08\x08\x08\x08\x08\x08accepted",
    "return": "rejected\raccepted",
    "nul": "a\x00b",
    "delete": "a\x7fb",
    "newline": "a.csv\naccepted",
    "next line": "a\x85b",
    "line separator": "a\u2028b\u2029c",
    "form feed": "a\x0cb\x0bc\x1cd\x1ee",
    "bidi override": "a\u202egnp.exe",
    "bidi isolates": "a\u2066b\u2067c\u2068d\u2069e",
    "marks": "a\u200eb\u200fc\u061cd",
    "zero width": "a\u200bb\u200cc\u200dd\u2060e\ufefff",
    "soft hyphen": "a\xadb",
    "tags": "a\U000e0041\U000e007fb",
    "selectors": "a\ufe0fb\U000e0100c",
    "fillers": "a\u3164b\u115fc\u2800d\uffa0e\u034ff",
    "marks upon marks": "a" + "\u0301" * 500,
    "lone surrogate": "a\ud800b\udcff",
    "private": "a\ue000b\U0010fffdc",
    "noncharacter": "a\uffffb\ufdd0c",
    "interlinear": "a\ufff9b\ufffac\ufffbd",
}
UNSEEN = re.compile(
    r"[\x00-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u2800"
    r"\u3164\ud800-\udfff\ue000-\uf8ff\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\uffff"
    r"\U000e0000-\U000e0fff]"
)


@pytest.mark.parametrize("text", STEERS.values(), ids=STEERS)
def test_nothing_unseen_and_nothing_that_steers_goes_out(text: str) -> None:
    shown = one_line(text)
    assert not UNSEEN.search(shown)
    assert not UNSEEN.search(visible(text).replace("\n", ""))
    assert shown.isprintable()
    shown.encode()
    assert shown != "a"


@pytest.mark.parametrize(
    "text", ["Ambulance – “Trust” é ü ñ 日本 ₂ ½ £ ²", "ga_beds_open is -5", "a b", "", "e\u0301"]
)
def test_ordinary_text_stays(text: str) -> None:
    assert one_line(text) == visible(text) == text


def test_what_was_unseen_is_told_by_its_code() -> None:
    assert visible("a\x1b[31m\x9b\u202e\U000e0041\ud800") == (
        "a\\x1b[31m\\x9b\\u202e\\U000e0041\\ud800"
    )
    assert one_line(" a\tb\r\nc\u00a0d ") == "a b c d"


@pytest.mark.parametrize(("number", "shown"), [(200, 200), (201, 200), (50_000_000, 200)])
def test_a_long_text_is_cut_and_says_so(number: int, shown: int) -> None:
    text = one_line("x" * number)
    assert len(text) == shown
    assert text.endswith("…") == (number > shown)


def test_a_long_text_costs_no_more_than_a_short_one() -> None:
    """Only as much is looked at as is shown."""
    text = "\x1bé" * 5_000_000
    start = time.process_time()
    one_line(text)
    assert time.process_time() - start < 0.5


FORMULAS = [
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("http://evil.example","x")',
    "+1+cmd|' /C calc'!A0",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    " =1+1",
    "\u00a0=1+1",
    "\ufeff=1+1",
    "\u200b=1+1",
    "＝1+1",
    "＋1+cmd",
    "－1+cmd",
    "＠SUM(1)",
    "'=1+1",
    '"=1+1',
    "a;=1+1",
    "a\t=1+1",
    "a\n=1+1",
    "a\r\n@SUM(1)",
    "-",
    "--5",
    "+44 20",
    "=",
    "-1e5x",
]


@pytest.mark.parametrize("text", FORMULAS)
def test_no_cell_of_a_csv_file_runs(text: str) -> None:
    written = io.StringIO()
    csv.writer(written).writerow(["x", csv_cell(text)])
    for delimiter in ",;\t":
        for row in csv.reader(io.StringIO(written.getvalue(), newline=""), delimiter=delimiter):
            for cell in row:
                assert not re.match(r"[\s\"\u00a0]*[=+\-@＝＋－＠]", cell.split("x,")[-1]), cell
    assert not re.search(r"[\x00-\x09\x0b-\x1f]", str(csv_cell(text)).replace("\t", ""))


@pytest.mark.parametrize(
    "value",
    [-5, 3.25, -0.5, None, True, "-5", "+5", "-5.25", "-.5", "1e-5", "-1E+5", "5", "RX9", ""],
)
def test_numbers_and_ordinary_texts_stay_what_they_are(value: object) -> None:
    assert csv_cell(value) == value
    assert type(csv_cell(value)) is type(value)


def test_json_is_the_same_to_programs_and_harmless_to_pages() -> None:
    value = {"a": "<script>alert('&')</script>\u2028\x9b\u202e\x00\x7f\ufeff é 日本"}
    encoded = json_text(json.dumps(value, ensure_ascii=False))
    assert json.loads(encoded) == value
    assert not re.search(r"[<>&]", encoded) and not UNSEEN.search(encoded)
    assert "é 日本" in encoded


@pytest.mark.parametrize(
    "text",
    [
        "http://evil.example/a",
        "<http://evil.example|click>",
        "<!channel> <@U123>",
        "[click](http://evil.example)",
        "![x](//evil.example/a.png)",
        "www.evil.example",
        "javascript:alert(1)",
        "<b>bold</b>",
        "```\nx",
        *STEERS.values(),
    ],
    ids=range(9 + len(STEERS)),
)
def test_a_message_has_no_link_no_call_and_no_line_of_a_provider(text: str) -> None:
    alert = alert_of("UEC feeds: 1 new", [f"- rx9: {text}", f"  Do: {text}"], [{"message": text}])
    for told in (alert.text, alert.findings[0]["message"]):
        assert not re.search(r"://|www\.\w|\]\(|[<>]|javascript:|```", told)
        assert not UNSEEN.search(told.replace("\n", ""))
    assert alert.text.count("\n") == 2
    assert alert.text.splitlines()[1].startswith("  Do: ")


def test_the_command_line_prints_by_the_console_only() -> None:
    """What goes round it could not be made safe in one place."""
    folder = PROJECT / "pipelines" / "cli"
    printing = {
        path.name
        for path in folder.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("print", "typer.echo")
    }
    assert printing == {"console.py", "bounds.py"}


class Terminal(io.StringIO):
    """Standard output that is a terminal."""

    def isatty(self) -> bool:
        return True


MARKUP = {
    "colour": "[red]x[/red]",
    "link": "[link=http://evil.example]x[/link]",
    "end": "[/]",
    "long": "x" * 999,
}


@pytest.mark.parametrize("text", (STEERS | MARKUP).values(), ids=STEERS | MARKUP)
@pytest.mark.parametrize("is_terminal", [True, False], ids=["terminal", "pipe"])
def test_the_command_line_shows_text_of_others_as_text(
    monkeypatch: pytest.MonkeyPatch, text: str, is_terminal: bool
) -> None:
    out = Terminal() if is_terminal else io.StringIO()
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "400")
    console.say(f"{one_line(text)} → rx9: accepted")
    console.say_styled(f"{one_line(text)} → rx9: rejected", "red")
    console.say_table(["file_name", text], [[text, "accepted"], [None, 5]])
    told = re.sub(r"\x1b\[[0-9;]*m", "", out.getvalue()) if is_terminal else out.getvalue()
    own = "\n" if is_terminal else "\n\t"
    assert not UNSEEN.search("".join(sign for sign in told if sign not in own))
    assert told.splitlines()[0].endswith("→ rx9: accepted")
    assert told.splitlines()[1].endswith("→ rx9: rejected")
    if text.startswith("["):
        assert told.count(text) == 4


def test_a_progress_line_has_no_markup(monkeypatch: pytest.MonkeyPatch) -> None:
    err = Terminal()
    monkeypatch.setattr(sys, "stderr", err)
    with console.progress("Reading [link=http://evil.example]a[/link]\x1b]0;x\x07") as line:
        line.update("[red]b[/red]\u202e")
    assert "\x1b]" not in err.getvalue() and "\u202e" not in err.getvalue()
    assert isinstance(Console, type)
