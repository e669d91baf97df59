"""Makes the letters of a week, keeps them, and owes them to the providers that can be given them.

A letter is owed before it is kept: a process that dies in between leaves no page, so the next one
makes the letter anew and owes it once. What is kept has been owed, and is left as it is.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from urllib.parse import quote, urlsplit

from dashboard.desk import Desk
from dashboard.letters.letter_figures import Letter, has_letter, letter_of
from dashboard.letters.letter_page import letter_page, letter_text
from dashboard.letters.letter_weeks import LetterWeek, last_whole_week, week_named
from dashboard.picture import Row, read_picture
from dashboard.provider_pages import providers_of
from dashboard.quality_pages import code_titles
from pipelines.answer.kept_letters import KeptLetter, editions_of, keep_letter, read_letter
from pipelines.base.clock import london_date, now
from pipelines.base.disk_faults import disk_faults_told
from pipelines.base.durable import write_durably
from pipelines.base.errors import Retryable, UsageError
from pipelines.base.kill_points import reached
from pipelines.base.locks import held_lock
from pipelines.base.settings import settings
from pipelines.give_back import give_back
from pipelines.registry.registry import load_registry
from pipelines.registry.ways_back import ways_back
from warehouse.ledger.answers_owed import enter_letters, forget_owed, owed_letters
from warehouse.publish.publications import current_path
from warehouse.store.stored_time import as_stored, from_stored

_ON_THIS_MACHINE = ("localhost", "127.0.0.1", "::1")


class LettersBusy(Retryable):
    """Another process makes letters of this home."""


@dataclass(frozen=True)
class MadeLetter:
    """What became of the letter to a provider."""

    provider: str
    page: Path
    is_new: bool
    """False where one was kept already and stays as it is."""
    feed_id: str | None
    """The feed by whose way back it goes; None where no way back exists."""
    to_do: int
    """Things that it says are to be done; 0 of one that was kept already."""


@dataclass(frozen=True)
class _Written:
    letter: KeptLetter
    made: MadeLetter
    page: str
    text: str


@disk_faults_told()
def make_letters(
    home: Path,
    week: str | None = None,
    provider: str | None = None,
    to: Path | None = None,
    *,
    again: bool = False,
) -> list[MadeLetter]:
    """The letters of the week are kept, and owed to those that a way leads back to.

    Without a week it is the last whole one in London. One that is kept is left as it is, unless
    `again` asks for another edition. With a folder in `to` they are written there, and owed to
    nobody. Raises `UsageError` where there is no publication, no such provider, or where the
    publication does not tell of the week.
    """
    registry, today = load_registry(), london_date(now())
    file = current_path(home)
    if file is None:
        raise UsageError("There is no publication yet. Run `sitrep publish` to make one.")
    asked = week_named(week) if week else last_whole_week(today)
    with held_lock(home, "letters", LettersBusy, "The folder of letters"):
        desk = Desk(read_picture(file, list(registry.collections.values())), registry)
        _refuse_unknown(desk, asked)
        wanted = _wanted(desk, provider)
        by_feed = {feed_id for way in ways_back(registry) for feed_id in way.feed_ids}
        titles = code_titles(desk)
        ready: list[_Written] = []
        made: list[MadeLetter] = []
        for code, feeds in wanted.items():
            editions = [] if to else editions_of(home, code, asked.name)
            way = next((one["feed_id"] for one in feeds if one["feed_id"] in by_feed), None)
            if editions and not again:
                page = editions[-1].path(home, "html")
                made.append(MadeLetter(code, page, False, way, 0))
                continue
            letter = KeptLetter(code, asked.name, editions[-1].edition + 1 if editions else 0)
            told = letter_of(desk, code, feeds, asked, today, titles)
            ready.append(_written(home, letter, told, desk.picture.made_at, None if to else way))
        if to is not None:
            return [_write_to(to, one) for one in ready]
        _owe(home, ready)
        reached("letters: owed")
        for one in ready:
            keep_letter(home, one.letter, one.page, one.text)
            reached("letters: kept")
    return sorted([*made, *(one.made for one in ready)], key=lambda one: one.provider)


def make_weekly_letters() -> str:
    """`make_letters` of last week on the configured home, and they are given; what was kept."""
    home = settings().root
    made = make_letters(home)
    given = give_letters(home)
    new, without = sum(one.is_new for one in made), sum(one.feed_id is None for one in made)
    return (
        f"{new} letters kept, {len(made) - new} were kept already; {given} answers and letters "
        f"were given back, and to {without} providers no way leads back."
    )


def give_letters(home: Path) -> int:
    """What is owed to providers has been given, as far as their sources take it; how much."""
    return give_back(home, load_registry())


def _wanted(desk: Desk, provider: str | None) -> Mapping[str, Sequence[Row]]:
    everybody = {code: feeds for code, feeds in providers_of(desk).items() if has_letter(feeds)}
    if provider is None:
        return everybody
    if provider not in everybody:
        known = ", ".join(everybody) or "none"
        raise UsageError(
            f"No provider '{provider}' has a feed that has begun. Those that have: {known}."
        )
    return {provider: everybody[provider]}


def _refuse_unknown(desk: Desk, week: LetterWeek) -> None:
    made_at = from_stored(desk.picture.made_at)
    if made_at < week.end:
        raise UsageError(
            f"Week {week.name} ({week.told}) was not over when the current publication was made, "
            f"{london_date(made_at)}. Name an earlier week, or run `sitrep publish` after it."
        )
    if week.first < desk.first_day:
        raise UsageError(
            f"The current publication tells of days from {desk.first_day} on, and week {week.name} "
            f"begins on {week.first}. Letters of it that were made then stand in `letters`."
        )


def _written(
    home: Path, kept: KeptLetter, told: Letter, made_at: datetime, way: str | None
) -> _Written:
    link = _link(kept.provider)
    made = MadeLetter(kept.provider, kept.path(home, "html"), True, way, len(told.to_do))
    return _Written(kept, made, letter_page(told, made_at, link), letter_text(told, made_at, link))


def _owe(home: Path, ready: Sequence[_Written]) -> None:
    """Those that a way leads back to are owed; those that were never kept are owed no more."""
    from warehouse.store.connection import open_warehouse
    from warehouse.store.transaction import transaction

    owed = {one.letter.letter_id: one.made.feed_id for one in ready if one.made.feed_id}
    if not owed:
        return
    with open_warehouse(home) as connection, transaction(connection):
        never_kept = _without_page(home, owed_letters(connection))
        forget_owed(connection, [(letter_id, 0) for letter_id in never_kept])
        enter_letters(connection, owed, as_stored(now()))


def _without_page(home: Path, letter_ids: Iterable[str]) -> list[str]:
    return [one for one in letter_ids if read_letter(home, one) is None]


def _write_to(folder: Path, one: _Written) -> MadeLetter:
    base = one.letter.name
    page = folder / f"{base}.html"
    folder.mkdir(parents=True, exist_ok=True)
    write_durably(folder / f"{base}.txt", one.text.encode())
    write_durably(page, one.page.encode())
    return replace(one.made, page=page)


def _link(code: str) -> str:
    """The provider's page, where people elsewhere can open the dashboard; else empty."""
    address = settings().dashboard_url
    if urlsplit(address).hostname in (None, *_ON_THIS_MACHINE):
        return ""
    return f"{address.rstrip('/')}/providers/{quote(code, safe='')}"
