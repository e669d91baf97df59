"""A file's name is compared with few feeds, and with every one that it may belong to."""

import random

import pytest

from pipelines.registry.feed import Feed
from pipelines.registry.feeds_by_name import FeedsByName
from pipelines.registry.registry import load_registry

PATTERNS = (
    "*",
    "*.csv",
    "R0A_*.csv",
    "r0a_*",
    "R0A_?cute*.csv",
    "R0[AB]_*.csv",
    "[R]0A*",
    "R0A_day.csv",
    "STRASSE_*",
    "straße_*",
    "İ_*",
    "?",
    "R0A_*_R0A_*.csv",
)
NAMES = (
    "R0A_1.csv",
    "r0a_1.CSV",
    "R0B_1.csv",
    "r0a_day.csv",
    "R0A_acute.csv",
    "Straße_1",
    "STRASSE_1",
    "straße_1",
    "İ_1",
    "i̇_1",
    "",
    "x",
    "R0A_a_R0A_b.csv",
    "[R]0A",
    "R0A_",
    "\udcff.csv",
)


def feed_of(pattern: str, *others: str) -> Feed:
    feed = load_registry().feeds["acute_realtime.r0a"]
    source = feed.source.model_copy(update={"pattern": pattern, "other_patterns": others})
    return feed.model_copy(update={"source": source}, deep=True)


def test_no_feed_that_expects_a_file_is_passed_over() -> None:
    feeds = [feed_of(one) for one in PATTERNS] + [feed_of("never", *PATTERNS[3:6])]
    by_name = FeedsByName(feeds)
    for name in NAMES:
        near = list(by_name.near(name))
        assert [one for one in near if one.matches(name)] == [
            one for one in feeds if one.matches(name)
        ], name


def test_with_many_names_at_random() -> None:
    chance = random.Random(3)
    signs = "aA*?[].b-ß"
    feeds = [feed_of("".join(chance.choices(signs, k=chance.randrange(1, 6)))) for _ in range(60)]
    by_name = FeedsByName(feeds)
    for _ in range(500):
        name = "".join(chance.choices("aAb.ß-[", k=chance.randrange(6)))
        near = list(by_name.near(name))
        assert [one for one in near if one.matches(name)] == [
            one for one in feeds if one.matches(name)
        ], name


@pytest.mark.parametrize("name", ["R0A_acute_realtime_20190308T113500.csv", "nobody.csv"])
def test_of_many_trusts_only_that_is_asked_whose_name_it_has(name: str) -> None:
    feeds = [feed_of(f"R{number:02d}_*.csv") for number in range(200)] + [feed_of("R0A_*.csv")]
    assert len(list(FeedsByName(feeds).near(name))) == (name != "nobody.csv")
