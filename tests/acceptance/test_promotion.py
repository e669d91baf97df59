"""A feed goes from its first sample to live on evidence, and back, and each refusal says why.

Given the simulated ambulance services, of which one is not live yet, when an engineer takes it
through its stages by the commands alone, then every step is answered in words with its figures.
"""

from pathlib import Path

import pytest

from tests.support.simulated import SimulatedHome, change_feed, with_slots_from

FEED = "ambulance_sitrep.r1f"
COLLECTION = "ambulance_sitrep"
ORGANISATIONS = "SELECT count(DISTINCT org_code) FROM ambulance_sitrep WHERE report_date = '{}'"
VALUES = "SELECT count(*) FROM {}ambulance_sitrep WHERE org_code = 'R1F' AND report_date >= '{}'"


class Journey:
    """The home at one time after the other, and what its commands say."""

    def __init__(self, folder: Path) -> None:
        feeds = with_slots_from(folder / "feeds", "2026-09-01")
        change_feed(feeds, FEED, stage="onboarding")
        self.home = SimulatedHome(folder / "home", feeds, "2026-09-01T08:00:00Z")

    def at(self, moment: str) -> None:
        """It is that time now."""
        self.home = self.home.at(f"{moment}:00Z")

    def send(self, start: str, end: str, *more: str) -> None:
        """The feed sends the days from start on and before end, and they are loaded."""
        told = ("--from", start, "--to", end, "--collection", COLLECTION)
        assert self.home.call("simulate", *told, *more).returncode == 0
        assert self.home.call("drain").returncode in (0, 1)

    def done(self, *arguments: str) -> str:
        """What the command about the feed says, which ends well."""
        call = self.home.call("feeds", *arguments)
        assert call.returncode == 0, call
        return call.stdout

    def lacking(self, *arguments: str) -> str:
        """What it says, where criteria are not met."""
        call = self.home.call("feeds", *arguments)
        assert call.returncode == 1, call
        return call.stdout

    def refused(self, *arguments: str) -> str:
        """Why it is refused."""
        call = self.home.call("feeds", *arguments)
        assert call.returncode == 2, call
        assert call.stdout == ""
        return call.stderr

    def stage(self) -> str:
        """The stage that `sitrep feeds` tells."""
        lines = self.done("--collection", COLLECTION).splitlines()
        (line,) = [one for one in lines if one.startswith(FEED)]
        return line.split("\t")[1]

    def organisations(self, day: str) -> int:
        """How many services stand in the national table of the day."""
        ((count,),) = self.home.published(ORGANISATIONS.format(day))
        return int(count)

    def values(self, schema: str, since: str) -> int:
        """How many days of the service stand there."""
        ((count,),) = self.home.published(VALUES.format(schema, since))
        return int(count)


@pytest.fixture(scope="module")
def journey(tmp_path_factory: pytest.TempPathFactory) -> Journey:
    return Journey(tmp_path_factory.mktemp("promotion"))


@pytest.mark.xdist_group("promotion")
class TestTheNineSteps:
    """Each test goes on where the one before has ended."""

    def test_1_a_sample_is_tried_on_a_feed_that_is_onboarding(self, journey: Journey) -> None:
        journey.at("2026-09-02T13:00")
        sent = ("--from", "2026-09-01", "--to", "2026-09-02", "--feed", FEED, "--folder")
        assert journey.home.call("simulate", *sent).returncode == 0
        (sample,) = (journey.home.home / "incoming" / COLLECTION).glob("R1F_*.csv")
        tried = journey.home.call("try", FEED, str(sample))
        assert tried.returncode == 0
        assert "(onboarding): accepted" in tried.stdout
        sample.unlink()
        assert journey.stage() == "onboarding"

    def test_2_onboarding_goes_to_testing_and_nowhere_else(self, journey: Journey) -> None:
        assert "goes to testing first" in journey.refused(
            "promote", FEED, "--force", "--reason", "It is needed"
        )
        for action, told in (
            ("demote", "Only a live feed goes back to testing"),
            ("resume", "Only a suspended feed can be resumed"),
        ):
            assert told in journey.refused(action, FEED, "--reason", "why not")
        told = journey.lacking("scorecard", FEED)
        assert f"{FEED} is onboarding; no slots yet." in told
        assert f"`sitrep feeds promote {FEED}` moves it to testing" in told
        told = journey.done("promote", FEED, "--by", "an engineer", "--slots-from", "2026-09-01")
        assert "was onboarding and is testing now, by an engineer." in told
        assert "Every slot is expected from 2026-09-01 (London) on." in told
        assert "The feed file says onboarding" in told
        assert journey.stage() == "testing"

    def test_3_too_few_slots_are_no_evidence(self, journey: Journey) -> None:
        journey.at("2026-09-06T13:00")
        journey.send("2026-09-01", "2026-09-06")
        told = journey.lacking("promote", FEED)
        assert "5 of the 14 slots that are looked at are over. 9 more are needed." in told
        assert "5 of 5 slots came on time (100%), 0 late, 0 not at all" in told
        assert f"{FEED} stays testing. Not met: slots." in told
        assert "--force --reason" in told
        assert journey.stage() == "testing"

    def test_4_slots_of_a_feed_in_testing_are_told_and_alarm_nobody(self, journey: Journey) -> None:
        slots = journey.home.call("slots", FEED, "--from", "2026-09-01T00:00").stdout
        assert slots.count("on_time") == 5
        journey.at("2026-09-10T13:00")
        assert journey.home.call("publish").returncode == 0
        slots = journey.home.call("slots", FEED, "--from", "2026-09-01T00:00").stdout
        assert slots.count("missing") == 4
        assert "silent" in journey.done("--collection", COLLECTION)
        watched = journey.home.call("watch", "--no-alert").stdout
        assert "None of the 10 feeds" in watched, "those of the live ones do"
        assert "Isle of Wight" not in watched

    def test_5_late_files_and_rows_kept_out_are_told_with_their_figures(
        self, journey: Journey
    ) -> None:
        journey.at("2026-09-21T13:00")
        faults = ("--fault", "late=0.3", "--fault", "text_in_number=0.4", "--seed", "3")
        journey.send("2026-09-06", "2026-09-21", *faults)
        told = journey.lacking("promote", FEED)
        assert "14 of the 14 slots that are looked at are over." in told
        assert "at least 90% are wanted" in told
        assert "were kept out; at least 100% are wanted" in told
        (line,) = [one for one in told.splitlines() if "stays testing" in one]
        assert "on time" in line
        assert "accepted rows" in line
        assert "slots" not in line
        assert "CELL-001 ×" in told

    def test_6_it_goes_live_on_evidence(self, journey: Journey) -> None:
        journey.at("2026-10-05T13:00")
        journey.send("2026-09-21", "2026-10-05")
        assert "All criteria are met." in journey.done("scorecard", FEED)
        told = journey.done("promote", FEED, "--by", "an engineer")
        assert "was testing and is live now, by an engineer." in told
        assert "Every slot is expected from 2026-10-05 (London) on." in told
        assert "live since 2026-10-05 13:00 UTC. There is no stage above live." in journey.refused(
            "promote", FEED
        )
        journey.at("2026-10-08T13:00")
        journey.send("2026-10-05", "2026-10-08")
        assert journey.home.call("publish").returncode == 0
        assert journey.organisations("2026-10-07") == journey.organisations("2026-10-04") + 1
        assert journey.values("", "2026-09-01") == 3
        days = (
            "SELECT live, coverage, missing FROM coverage_day "
            "WHERE day = '{}' AND collection = '{}'"
        )
        before = journey.home.published(days.format("2026-10-04", COLLECTION))
        assert before == [(10, "10 of 11 ambulance services live", "R1F Isle of Wight NHS Trust")]
        after = journey.home.published(days.format("2026-10-05", COLLECTION))
        assert after == [(11, "11 of 11 ambulance services live", None)]

    def test_7_it_goes_back_to_testing_with_a_reason(self, journey: Journey) -> None:
        assert "demote needs a reason" in journey.refused("demote", FEED)
        assert "demote needs a reason" in journey.refused("demote", FEED, "--reason", "  ")
        told = journey.done("demote", FEED, "--reason", "Its C1 times are of the wrong day")
        assert "was live and is testing now" in told
        assert "demote is refused" in journey.refused("demote", FEED, "--reason", "again")
        journey.at("2026-10-10T13:00")
        journey.send("2026-10-08", "2026-10-10")
        assert journey.home.call("publish").returncode == 0, "nothing has shrunk"
        assert journey.values("", "2026-10-05") == 3
        assert journey.values("testing.", "2026-10-05") == 2
        assert journey.organisations("2026-10-09") == journey.organisations("2026-10-07") - 1
        told = journey.lacking("promote", FEED)
        assert "2 of the 14 slots that are looked at are over." in told, "earned anew"

    def test_8_forced_it_is_live_again_and_that_is_recorded(self, journey: Journey) -> None:
        assert "--force needs a reason" in journey.refused("promote", FEED, "--force")
        told = journey.done("promote", FEED, "--force", "--reason", "Winter begins")
        assert "Forced, although not all criteria are met: slots" in told

    def test_9_it_is_suspended_resumed_and_retired_for_good(self, journey: Journey) -> None:
        assert "suspend needs a reason" in journey.refused("suspend", FEED)
        assert "was live and is suspended now" in journey.done(
            "suspend", FEED, "--reason", "Its export is mended"
        )
        assert "Run `sitrep feeds resume` first" in journey.refused("promote", FEED)
        assert "Nothing was changed." in journey.refused("suspend", FEED, "--reason", "again")
        assert (
            "is suspended, so nothing is collected"
            in journey.home.call("collect", "--feed", FEED).stderr
        )
        assert "was suspended and is live now" in journey.done("resume", FEED, "--reason", "Mended")
        assert "was live and is retired now" in journey.done(
            "retire", FEED, "--reason", "The trust has joined another"
        )
        for action in ("promote", "demote", "suspend", "resume", "retire"):
            told = journey.refused(action, FEED, "--reason", "once more")
            assert "A retired feed does not come back" in told
        assert journey.home.call("publish").returncode == 0
        changes = journey.home.published(
            "SELECT from_stage, to_stage, forced, made_by = 'an engineer', scorecard IS NOT NULL "
            f"FROM stage_change WHERE feed_id = '{FEED}' ORDER BY number"
        )
        assert changes == [
            (None, "onboarding", "no", False, False),
            ("onboarding", "testing", "no", True, False),
            ("testing", "live", "no", True, True),
            ("live", "testing", "no", False, True),
            ("testing", "live", "yes", False, True),
            ("live", "suspended", "no", False, True),
            ("suspended", "live", "no", False, False),
            ("live", "retired", "no", False, True),
        ]
