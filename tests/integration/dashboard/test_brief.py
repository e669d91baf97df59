"""The brief of a publication: its figures, on paper too, kept, and served by its name alone."""

import json
import re
import shutil
import sys
from collections.abc import Iterator
from datetime import date
from html import unescape
from importlib.abc import MetaPathFinder
from pathlib import Path
from typing import Any

import duckdb
import pypdf
import pytest
from starlette.testclient import TestClient

from dashboard.board import board
from dashboard.brief import make_brief as making
from dashboard.brief.brief_pdf import PdfNotMade, make_pdf
from dashboard.brief.kept_briefs import brief_before, kept_briefs, kept_file
from dashboard.server import make_app
from dashboard.site import Switch, current_of
from dashboard.words import figure
from pipelines.base.settings import settings
from pipelines.cli.app import _run
from tests.support.brief_home import NOW, make_brief_home, use
from warehouse.publish.publications import current_path

DAY = date(2026, 11, 25)
THE_NEXT = "2026-11-26T07:30:00Z"


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a home whose brief of 25 November is kept."""
    folder = tmp_path_factory.mktemp("brief")
    home = make_brief_home(folder)
    with pytest.MonkeyPatch.context() as patch:
        use(patch, folder, NOW)
        made = making.make_brief(home)
        assert made.is_new
    settings.cache_clear()
    return folder


@pytest.fixture(scope="module")
def page(prepared: Path) -> str:
    return (prepared / "home" / "briefs" / f"{DAY}.html").read_text("utf-8")


@pytest.fixture(scope="module")
def pdf(prepared: Path) -> pypdf.PdfReader:
    path = prepared / "home" / "briefs" / f"{DAY}.pdf"
    if not path.exists():
        pytest.skip("there is no Pango (apt-get install libpango-1.0-0 libpangoft2-1.0-0)")
    return pypdf.PdfReader(path)


@pytest.fixture
def home(prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home of one's own in which that brief is kept; its PDFs are made of three words."""
    folder = shutil.copytree(prepared, tmp_path / "own", symlinks=True)
    monkeypatch.setattr(making, "make_pdf", lambda page: b"%PDF of " + page.strip()[-7:])
    yield use(monkeypatch, folder, NOW)
    settings.cache_clear()


def text_of(page: str) -> str:
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page)))


def row_of(page: str, label: str) -> str:
    return text_of(page[page.index(f'<th scope="row">{label}</th>') :].split("</tr>", 1)[0])


def test_the_figures_are_those_of_the_publication(prepared: Path, page: str) -> None:
    file = current_path(prepared / "home")
    with duckdb.connect(str(file), read_only=True) as reader:
        england = reader.execute(
            "SELECT collection, measure, value, unit, reporting, expected, organisations, missing "
            "FROM now_england"
        ).fetchall()
    shown = [row for row in england if row[1] in board().headline(row[0])]
    assert len(shown) == 13
    for _, measure, value, unit, reporting, expected, organisations, missing in shown:
        told = row_of(page, board().label(measure).replace("&", "&amp;"))
        assert figure(value, unit) in told, measure
        partial = "Partial: " if reporting < expected else ""
        assert f" {partial}{reporting} of {expected} {organisations}" in told, measure
        assert missing in text_of(page), measure
    assert f"Publication {file.stem if file else ''}," in page


def test_what_is_partial_says_so_and_standards_are_told_in_words(page: str) -> None:
    assert "13 of 13 headline figures are partial. " in text_of(page)
    told = row_of(page, "Four hour performance")
    assert "50.0% Misses at least 95.0%" in told
    assert "Partial: 2 of 5 trusts Wed 25 Nov 11:45 Wed 25 Nov 12:05" in told
    assert "no value" in row_of(page, "Patients in department")
    assert "not compared: too few of the same gave it then" in row_of(page, "Ambulances waiting")


def test_regions_the_worst_last_winter_feeds_findings_and_revisions(page: str) -> None:
    told = text_of(page)
    assert "100.0% , 1 of 1 trusts" in row_of(page, "London")
    assert "no value , Partial: 0 of 2 trusts" in row_of(page, "Midlands")
    assert "England: 66.7%, Partial: 2 of 5 trusts." in told, "over 24 hours"
    worst = page[page.index("<h2>Four hour performance: the 2 worst</h2>") :]
    assert re.findall(r'<th scope="row">[^<]*\((\w+)\)</th>', worst)[:2] == ["RJ1", "R0A"]
    guys = row_of(worst, "Guy&#39;s and St Thomas&#39; NHS Foundation Trust (RJ1)")
    assert "London 25.0% 4 Partial: 1 of 96" in guys
    winter = page[page.index("<h2>Beside last winter</h2>") :]
    assert (
        "Tue 24 Nov 2026 7,100 Partial: 3 of 4 services Tue 25 Nov 2025 4,000 1 services "
        "Not as many"
    ) in row_of(winter, "Incidents")
    assert "2 of 10 feeds: nothing ever came. Leicester; RYC." in told
    assert "WATCH-001 , acute_realtime.rwe, since Fri 20 Nov 00:00: Leicester has given" in told
    assert "5 values were revised between Tue 24 Nov 12:05 and Wed 25 Nov 12:05." in told
    assert "1 up 1 trusts Wed 25 Nov 11:30 Manchester University NHS Foundation Trust R0A02" in told
    assert "3 became 6" in told


def test_the_page_is_strict_and_needs_nothing_from_elsewhere(page: str) -> None:
    assert page.count("<h1>") == 1
    assert not re.findall(r"<(?:script|style)|\s(?:style|on\w+)=", page)
    assert re.findall(r'(?:src|href)="([^"]*)"', page) == ["data:,", "brief.css", "."]


def test_the_pdf_is_tagged_and_says_the_same(pdf: pypdf.PdfReader, page: str) -> None:
    root: Any = pdf.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"].value is True
    assert root["/Lang"] == "en-GB"
    assert pdf.metadata is not None
    assert pdf.metadata.title == "Daily brief, Wednesday 25 November 2026"
    assert b"pdfuaid" in root["/Metadata"].get_data()
    kinds = set(_kinds(root["/StructTreeRoot"]))
    assert {"/H1", "/H2", "/Table", "/TH", "/TD", "/Caption", "/Figure", "/L"} <= kinds
    assert len(pdf.pages) <= 2
    told = re.sub(r"\s+", "", "".join(one.extract_text() for one in pdf.pages))
    body = page[page.index("<main>") :]
    cells = re.findall(r"<(?:td|th)[^>]*>(.*?)</t[dh]>", body, re.DOTALL)
    assert len(cells) > 100
    for cell in cells:
        assert re.sub(r"\s+", "", text_of(cell)) in told, cell


def _kinds(element: Any) -> Iterator[str]:
    """The kind of each element of structure."""
    found = element.get_object()
    if isinstance(found, list):
        for one in found:
            yield from _kinds(one)
    elif isinstance(found, dict):
        if "/S" in found:
            yield found["/S"]
        if "/K" in found:
            yield from _kinds(found["/K"])


@pytest.mark.parametrize(
    "address", ["https://example.org/a.css", "file:///etc/hostname", "other.css"]
)
def test_the_pdf_fetches_nothing(pdf: pypdf.PdfReader, address: str) -> None:
    page = f'<html lang="en"><title>x</title><link rel="stylesheet" href="{address}"><p>x'
    with pytest.raises(ValueError, match="nothing from elsewhere"):
        make_pdf(page.encode())


@pytest.mark.usefixtures("pdf")
def test_a_brief_that_is_kept_is_not_overwritten(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = {path: path.read_bytes() for path in (home / "briefs").iterdir()}
    assert _run(["brief"]) == 0
    assert "Kept already, and not overwritten" in capsys.readouterr().out
    assert {path: path.read_bytes() for path in (home / "briefs").iterdir()} == files
    assert all(path.stat().st_mode & 0o077 == 0 for path in files), "its owner's only"


def test_made_again_the_earlier_stays_under_a_number(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = (home / "briefs" / f"{DAY}.html").read_bytes()
    for number in (1, 2):
        assert _run(["brief", "--again", "--json"]) == 0
        told = json.loads(capsys.readouterr().out)
        assert (told["is_new"], told["put_aside"]) == (True, f"{DAY}.{number}")
    assert (home / "briefs" / f"{DAY}.1.html").read_bytes() == first
    assert (home / "briefs" / f"{DAY}.2.pdf").read_bytes() == b"%PDF of </html>"
    stems = [one.stem for one in kept_briefs(home)]
    assert stems == [f"{DAY}", f"{DAY}.2", f"{DAY}.1"]


def test_without_pango_the_page_is_kept_and_the_next_run_makes_its_pdf(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class NoPango(MetaPathFinder):
        def find_spec(self, name: str, path: Any = None, target: Any = None) -> None:
            if name == "weasyprint":
                raise OSError("cannot load library 'libpango-1.0-0'")

    shutil.rmtree(home / "briefs")
    with monkeypatch.context() as patch:
        patch.setattr(making, "make_pdf", make_pdf)
        patch.delitem(sys.modules, "weasyprint", raising=False)
        patch.setattr(sys, "meta_path", [NoPango(), *sys.meta_path])
        assert _run(["brief"]) == 1
        assert "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0" in capsys.readouterr().err
        with pytest.raises(PdfNotMade):
            making.make_daily_brief()
    page = (home / "briefs" / f"{DAY}.html").read_bytes()
    assert _run(["brief"]) == 0
    assert (home / "briefs" / f"{DAY}.html").read_bytes() == page
    assert (home / "briefs" / f"{DAY}.pdf").read_bytes() == b"%PDF of </html>"


def test_the_day_and_the_publication_are_chosen(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, file = home.parent, str(current_path(home))
    use(monkeypatch, folder, THE_NEXT)
    assert _run(["brief"]) == 0
    page = (home / "briefs" / "2026-11-26.html").read_text("utf-8")
    assert "These figures are old." in page
    assert "Of this day nothing was published; they are of Wed 25 Nov 12:05." in page
    assert _run(["brief", "--day", str(DAY)]) == 0, "of that day's publication, and kept"
    assert _run(["brief", "--publication", file]) == 0
    assert capsys.readouterr().out.count("Kept already") == 2
    for wrong, told in (
        (["--day", "2026-11-27"], "is not yet"),
        (["--day", "2026-11-20"], "only of 2026-11-25"),
        (["--publication", file, "--day", "2026-11-24"], "was made on 2026-11-25, after"),
        (["--publication", "none.duckdb"], "There is no publication none.duckdb"),
        (["--day", "yesterday"], "yesterday"),
    ):
        assert _run(["brief", *wrong]) == 2, wrong
        assert told in capsys.readouterr().err


def test_before_the_first_publication_there_is_no_brief(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    use(monkeypatch, tmp_path, NOW)
    assert _run(["brief"]) == 2
    assert "Run `sitrep publish`" in capsys.readouterr().err
    assert kept_briefs(tmp_path / "home") == []


def test_the_next_brief_tells_revisions_since_the_one_before(home: Path) -> None:
    before = brief_before(home, date(2026, 11, 28))
    assert before is not None and before.isoformat() == "2026-11-25T12:05:00"
    assert brief_before(home, DAY) is None


@pytest.mark.long
@pytest.mark.usefixtures("pdf")
def test_briefs_are_listed_and_served(home: Path) -> None:
    switch = Switch(current_of(home))
    switch.look()
    client = TestClient(make_app(switch, home), base_url="http://127.0.0.1")
    assert _run(["brief", "--again"]) == 0
    told = client.get("/briefs").text
    links = re.findall(r'href="(/briefs/[^"]+)"', told)
    names = [f"{DAY}.html", f"{DAY}.pdf", f"{DAY}.1.html", f"{DAY}.1.pdf"]
    assert links == [f"/briefs/{name}" for name in names]
    for name in names:
        done = client.get(f"/briefs/{name}")
        assert done.content == (home / "briefs" / name).read_bytes()
        kind = "application/pdf" if name.endswith("pdf") else "text/html; charset=utf-8"
        assert done.headers["content-type"] == kind
        assert done.headers["content-security-policy"].startswith("default-src 'none'")
    assert client.get("/briefs/brief.css").headers["content-type"].startswith("text/css")
    assert 'href="/briefs"' in client.get("/about").text
    assert "No brief is kept yet" in (
        TestClient(make_app(switch), base_url="http://127.0.0.1").get("/briefs").text
    )


def test_only_kept_briefs_are_ever_opened(home: Path) -> None:
    outside = home / "briefs" / "2026-11-24.html"
    outside.symlink_to(home / "warehouse.duckdb")
    (home / "briefs" / "2026-13-01.html").write_bytes(b"no day")
    (home / "briefs" / "notes.html").write_bytes(b"no brief")
    (home / "briefs" / "2026-11-23.html").mkdir()
    switch = Switch(current_of(home))
    switch.look()
    client = TestClient(make_app(switch, home), base_url="http://127.0.0.1")
    for name in (
        "2026-11-24.html", "2026-13-01.html", "notes.html", "2026-11-23.html", "2026-11-22.html",
        "..%2fwarehouse.duckdb", "..%2f..%2fetc%2fpasswd", "%2e%2e/warehouse.duckdb",
        f"{DAY}.html%00", f"{DAY}.html%0a", f"../briefs/{DAY}.html", f"{DAY}.html/",
    ):  # fmt: skip
        assert kept_file(home, name) is None, name
        done = client.get(f"/briefs/{name}", follow_redirects=False)
        assert done.status_code in (404, 307) or done.url.path == f"/briefs/{DAY}.html", name
    assert [one.stem for one in kept_briefs(home)] == [f"{DAY}"]
