"""A trust is told how its week was: its page and its letter say what the publication says.

Given a week in which one trust was late, had files refused and rows kept out, and got stuck, and
another sent all as it should, then the first is told each of these with its figures and what to do,
and the second gets a short letter that thanks it.
"""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from dashboard.site import read_pages
from pipelines.base.settings import settings
from tests.support.simulated import SimulatedHome, failed, with_slots_from

MONDAY = "2026-11-23T10:20:00Z"
"""The simulated export is stuck from 07:15 on."""
NEXT_WEEK = "2026-W48"
BUSY, FINE = "R0A", "RGT"
FAULTS = ("late=0.04", "missing=0.02", "malformed=0.03", "wrong_code=0.03", "nhs_number=0.02")
WEEK = "BETWEEN DATE '2026-11-16' AND DATE '2026-11-22'"


@dataclass(frozen=True)
class Told:
    """The home, and what both trusts were told."""

    home: SimulatedHome
    pages: dict[str, str]
    letters: dict[str, str]
    texts: dict[str, str]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    folder = tmp_path_factory.mktemp("letters")
    feeds = with_slots_from(folder / "feeds", "2026-11-16")
    home = SimulatedHome(folder / "home", feeds, MONDAY)
    span = ("--from", "2026-11-16", "--to", "2026-11-22T20:00Z")
    busy, fine = (f"acute_realtime.{one.lower()}" for one in (BUSY, FINE))
    calls = [
        home.call("simulate", *span, "--feed", busy, *(f"--fault={one}" for one in FAULTS)),
        home.call("simulate", *span, "--feed", fine),
        # From then on the export gives the same values again and again.
        home.call("simulate", "--from", "2026-11-22T20:00Z", "--feed", busy, "--fault=stuck=1"),
        home.call("simulate", "--from", "2026-11-22T20:00Z", "--feed", fine),
        home.call("drain"),
        home.call("watch"),
        home.call("publish"),
        home.call("letters", "--to", str(folder / "out")),
    ]
    assert failed(calls) == []
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SITREP_FEEDS_DIR", str(feeds))
        settings.cache_clear()
        file = (home.home / "publications" / "current.duckdb").resolve()
        makers = read_pages(file).makers
        pages = {one: makers[f"/providers/{one}"]()[2].decode() for one in (BUSY, FINE)}
        pages[""] = makers["/providers"]()[2].decode()
    settings.cache_clear()

    def read(ending: str) -> dict[str, str]:
        names = {one: f"{one}.2026-W47.letter.{ending}" for one in (BUSY, FINE)}
        return {one: (folder / "out" / name).read_text("utf-8") for one, name in names.items()}

    yield Told(home, pages, read("html"), read("txt"))


def plain(page: str) -> str:
    """What is read on the page."""
    text = html.unescape(re.sub(r"<[^>]+>", " ", page))
    return re.sub(r"\s+([.,;:)])", r"\1", re.sub(r"\s+", " ", text))


def week_of(told: Told, code: str) -> dict[str, int]:
    """What the publication says of the week of the trust's feed."""
    feed = f"acute_realtime.{code.lower()}"
    day = "timezone('Europe/London', timezone('UTC', received_at))::DATE"
    (slots,) = told.home.published(
        "SELECT sum(expected), sum(on_time), sum(late), sum(missing) FROM feed_day_status "
        f"WHERE feed_id = '{feed}' AND day {WEEK}"
    )
    (files,) = told.home.published(
        "SELECT count(*), count_if(status = 'rejected'), sum(rows_accepted), "
        "sum(rows_quarantined), sum(rows_revised) FROM submission "
        f"WHERE feed_id = '{feed}' AND {day} {WEEK}"
    )
    ((findings,),) = told.home.published(
        f"SELECT coalesce(sum(findings), 0) FROM finding_day WHERE feed_id = '{feed}' "
        f"AND day {WEEK} AND severity <> 'info'"
    )
    names = ("expected", "on_time", "late", "missing", "files", "refused", "loaded", "kept_out")
    return dict(zip((*names, "revised", "findings"), (*slots, *files, findings), strict=True))


def figure_of(text: str, label: str) -> str:
    """The week's figure in the table of a letter in plain text."""
    (line,) = [one for one in text.splitlines() if one.startswith(f"  {label:20}")]
    return line[22:46].strip()


def test_figures_are_those_of_the_publication(told: Told) -> None:
    for code in (BUSY, FINE):
        week, text = week_of(told, code), told.texts[code]
        assert week["expected"] == 672
        share = f"{100 * week['on_time'] / 672:.1f}%"
        assert figure_of(text, "Slots on time") == f"{week['on_time']} of 672 ({share})"
        for label, name in (
            ("Slots late", "late"), ("Slots missing", "missing"), ("Files", "files"),
            ("Files refused", "refused"), ("Rows loaded", "loaded"),
            ("Rows kept out", "kept_out"), ("Rows revised", "revised"), ("Findings", "findings"),
        ):  # fmt: skip
            assert figure_of(text, label) == f"{week[name]:,}", label
    busy = week_of(told, BUSY)
    assert min(busy[one] for one in ("late", "missing", "refused", "kept_out", "findings")) > 0


def test_the_first_is_told_what_is_wrong_and_what_to_do(told: Told) -> None:
    page, letter = plain(told.pages[BUSY]), plain(told.letters[BUSY])
    codes = [
        code
        for (code,) in told.home.published(
            "SELECT DISTINCT code FROM finding_day WHERE feed_id = 'acute_realtime.r0a' "
            "AND refused_submissions IS NOT NULL"
        )
    ]
    assert "DATA-001" in codes
    for text in (page, letter):
        assert any(f"refused ({code})" in text for code in codes)
        assert "slots have no data" in text
        assert "A feed is stuck" in text
        assert "Restart the export" in text
        assert "R0A_acute_realtime_20261" in text
        assert (
            "Put it into incoming/acute_realtime, with a name like R0A_acute_realtime_*.csv" in text
        )
        # What costs most stands first.
        order = [
            "Nothing of the file was loaded",
            "National figures lack",
            "What comes looks wrong",
        ]
        assert [text.index(one) for one in order] == sorted(text.index(one) for one in order)
    assert letter.count("Do: ") == page.count("Do: ") > 3
    ((place, message),) = told.home.published(
        "SELECT column_letter || row_number, message FROM finding_day "
        "WHERE feed_id = 'acute_realtime.r0a' AND severity = 'reject_row' "
        "ORDER BY day DESC, code LIMIT 1"
    )
    assert f"cell {place}" in letter
    assert message in letter


def test_what_is_open_is_what_the_publication_has_open(told: Told) -> None:
    page = plain(told.pages[BUSY])
    for (message,) in told.home.published(
        "SELECT message FROM watch WHERE feed_id = 'acute_realtime.r0a' AND ended_at IS NULL"
    ):
        assert re.sub(r"\s+", " ", message) in page
    ((missing,),) = told.home.published(
        "SELECT sum(missing) FROM feed_day_status WHERE feed_id = 'acute_realtime.r0a' "
        "AND day >= DATE '2026-11-17'"
    )
    assert f"{missing} slots have no data" in page


def test_the_second_gets_a_short_letter_that_thanks_it(told: Told) -> None:
    text = told.texts[FINE]
    assert "All that was expected of you came on time, and all of it was loaded." in " ".join(
        text.split()
    )
    assert "Thank you." in text
    assert "What to do" not in text
    assert len(text.splitlines()) < 30
    assert "Nothing is to be done." in told.pages[FINE]
    rows = re.findall(r"<tr><th scope=\"row\"><a href=\"/providers/(\w+)\">", told.pages[""])
    assert rows.index(BUSY) < rows.index(FINE)


def test_nothing_of_a_patient_and_nothing_from_elsewhere(told: Told) -> None:
    for text in (*told.pages.values(), *told.letters.values(), *told.texts.values()):
        assert not re.search(r"\b999[ -]?\d{3}[ -]?\d{4}\b", text)
    for letter in told.letters.values():
        assert not re.search(r"<(script|link|img|style|iframe)|url\(|https?://|src=", letter)


def test_a_week_that_is_not_over_has_no_letter(told: Told) -> None:
    call = told.home.call("letters", "--week", NEXT_WEEK)
    assert call.returncode == 2
    assert "was not over" in call.stderr
