"""The steps of the pipeline, as the command line, the DAGs and the tests call them.

Each asks the landing folder and the ledger what is to be done, does it, and can be run again
at any time: what is done is not done twice. State lives under the configured home.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from pipelines import queue
from pipelines.answer import answer
from pipelines.base.disk_faults import disk_faults_told
from pipelines.base.errors import ConfigurationError, SitrepError, SourceUnavailable, UsageError
from pipelines.base.settings import settings
from pipelines.base.tally import TimedStep, current_tally, timed
from pipelines.collect.collect import collect_endpoint
from pipelines.collect.handed_in import give_file
from pipelines.duplicates import settle_repeated
from pipelines.give_back import give_back
from pipelines.landing.landing import UNMATCHED, Delivery, Landing, Manifest, NotTaken
from pipelines.registry.registry import Registry, load_registry
from pipelines.reprocess import Chosen, reprocess
from pipelines.settle import Faults, raise_for, settle
from pipelines.under_way import await_settled
from pipelines.withheld.sweep import Swept, sweep, sweep_if_refused

Report = Callable[[str], None]


@dataclass(frozen=True)
class Brought:
    """What a run of a collection brought in."""

    settled: int
    unreachable: dict[str, SitrepError] = field(default_factory=dict)
    """Endpoint → why it could not be asked."""


@disk_faults_told()
def collect(endpoint: str, since: datetime | None = None) -> int:
    """Lands new files of the endpoint; returns how many. Raises `SourceUnavailable`.

    With `since` an address is asked for every missing slot from then on, a folder as always.
    """
    return collect_endpoint(settings().root, endpoint, load_registry(), since)


@disk_faults_told()
def bring_in(
    collection: str, endpoints: Sequence[str] | None = None, since: datetime | None = None
) -> Brought:
    """Collects, validates, loads and answers what is new of a collection.

    Asks all endpoints of its feeds, or those that are named; one that cannot be reached keeps no
    other waiting. Raises `CollectionFault` where the collection itself could not be loaded.
    """
    unreachable: dict[str, SitrepError] = {}
    registry = load_registry()
    for endpoint in registry.endpoints_of(collection) if endpoints is None else endpoints:
        try:
            with timed(TimedStep.COLLECT):
                landed = collect_endpoint(settings().root, endpoint, registry, since)
        except (SourceUnavailable, ConfigurationError) as error:
            unreachable[endpoint] = error
            landed = 0
        if (tally := current_tally()) is not None:
            tally.landed[endpoint] += landed
            tally.unreachable = len(unreachable)
    return Brought(_drain(registry, (collection, UNMATCHED)), unreachable)


@disk_faults_told()
def drain(report: Report | None = None, collections: Sequence[str] | None = None) -> int:
    """Loads and answers all that has landed, of all collections or some; returns how many.

    Sources that take answers back are given what they are owed. Raises `CollectionFault` at the
    end where a collection could not be loaded; its deliveries wait, and all others are settled.
    """
    return _drain(load_registry(), collections, report)


def _drain(
    registry: Registry, collections: Sequence[str] | None, report: Report | None = None
) -> int:
    landing = Landing(settings().root)
    names = (*registry.collections, UNMATCHED) if collections is None else collections
    total = queue.number_waiting(landing, registry, names) if report else 0
    settled = looked_at = 0
    quiet = set(names)
    faults: Faults = {}
    for part in queue.waiting_in_parts(landing, registry, names):
        if report:
            report(f"Checking and loading {looked_at:,} of {total:,}")
        looked_at += sum(map(len, part.values()))
        repeated, left = settle_repeated(landing, registry, part)
        quiet -= left.keys()
        settled += repeated + settle(landing, registry, left, faults)
    if not looked_at:
        # What settles files answers too; what a run that died owes is left.
        with timed(TimedStep.ANSWER):
            answer.answer_all(landing.home, registry)
    queue.forget_deaths(landing.home, sorted(quiet))
    sweep_if_refused(landing, registry)
    if report:
        report("Giving answers back")
    with timed(TimedStep.GIVE_BACK):
        give_back(landing.home, registry, collections)
    raise_for(faults)
    return settled


def sweep_copies() -> Swept:
    """No copy is left of files that were refused for patient data; says how many there were."""
    return sweep(Landing(settings().root), load_registry())


@disk_faults_told()
def rerun(collection: str, feed: str | None, since: datetime, until: datetime | None) -> int:
    """Reads submissions of the collection received in that time again; returns how many."""
    return len(reprocess(Chosen(feed, collection, since, until), lambda _: None))


@disk_faults_told()
def publish(*, awaits_arrivals: bool = False) -> str:
    """Makes a publication of what the warehouse holds current; returns its name.

    Makes none where the current one is young and nothing has been settled since: one tick
    wakes the publisher more than once. What has arrived and is under way may be awaited, a few
    seconds.
    """
    from warehouse.publish.publish import publish_if_changed
    from warehouse.publish.shared_publications import shared

    registry = load_registry()
    if awaits_arrivals:
        with timed(TimedStep.WAIT):
            await_settled(settings().root, registry)
    with timed(TimedStep.PUBLISH), shared(settings().root):
        return publish_if_changed(settings().root, registry)


class NotLanded(ConfigurationError):
    """Some of the files could not be landed; the others were."""

    def __init__(self, reasons: Sequence[str], landed: Sequence[Manifest]) -> None:
        self.landed = landed
        rest = "The other files were landed." if landed else "Nothing was landed."
        super().__init__("\n".join([*reasons, rest]))


@disk_faults_told()
def land_files(paths: Sequence[Path], feed_ids: Sequence[str] = ()) -> list[Manifest]:
    """Lands the files for the feeds named, or else for those whose patterns they match.

    A file that no feed expects is landed too, and is answered as such; one that is too large is
    landed as refused. Raises `NotLanded` after all others have landed, where a file is no plain
    file, cannot be read or may belong to a feed whose file is broken.
    """
    registry = load_registry()
    named = [registry.feed(feed_id) for feed_id in feed_ids]
    deliveries: list[Delivery] = []
    refused: list[NotTaken] = []
    reasons: list[str] = []
    homeless: list[str] = []
    for path in paths:
        feeds = named or registry.feeds_matching(path.name)
        if not feeds and registry.problems:
            homeless.append(path.name)
            continue
        targets = [feed.feed_id for feed in feeds] or [UNMATCHED]
        try:
            given = give_file(path, targets)
        except UsageError as error:
            reasons.append(str(error))
            continue
        deliveries += [one for one in given if isinstance(one, Delivery)]
        refused += [one for one in given if isinstance(one, NotTaken)]
    landing = Landing(settings().root)
    landed = [*landing.land_all(deliveries), *landing.land_untaken(refused)]
    if homeless:
        broken = "\n".join(problem.message for problem in registry.problems)
        reasons.append(
            f"No usable feed expects {', '.join(homeless)}, and these files cannot be used:\n"
            f"{broken}"
        )
    if reasons:
        raise NotLanded(reasons, landed)
    return landed
