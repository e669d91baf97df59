"""Sign-in and sign-out in a browser: under the content policy, and as browsers send forms."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.test_dashboard import browser, pytestmark
from tests.support.exposed import exposed

__all__ = ["browser", "pytestmark"]


@pytest.fixture
def address(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Where a dashboard without a publication is served."""
    with exposed(home, monkeypatch, {"rosa": ["room"], "nora": []}) as access:
        yield access.public


def test_one_signs_in_at_the_provider_and_out_again(browser: Any, address: str) -> None:
    page = browser.new_context(viewport={"width": 360, "height": 700}).new_page()
    wrong: list[str] = []
    page.on("console", lambda told: wrong.append(told.text) if "Content" in told.text else None)

    def look() -> None:
        rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
        found = Axe().run(page, options={"runOnly": rules}).response["violations"]
        assert [one["id"] for one in found] == []
        assert page.evaluate("document.documentElement.scrollWidth") <= 360

    def sign_in(user: str) -> None:
        page.get_by_role("link", name="Sign in").click()
        page.get_by_role("button", name=user).click()

    page.goto(f"{address}/feeds?x=1")
    assert page.get_by_role("heading", name="You are not signed in").is_visible()
    look()
    sign_in("nora")
    page.get_by_role("heading", name="You have no role here").wait_for()
    assert page.url == f"{address}/feeds?x=1"
    look()
    page.get_by_role("link", name="Sign out").click()
    look()
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("heading", name="You are signed out").wait_for()
    sign_in("rosa")
    page.get_by_role("heading", name="No publication yet").wait_for()
    assert not wrong
    page.context.close()
