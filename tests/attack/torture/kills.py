"""Kills at random moments: by the clock, and at one of the calls that change files."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from random import Random

from tests.attack.torture.result import Result
from tests.attack.torture.twin import Around, differences, run_stage
from tests.support.compared_homes import assert_ledger_is_sound

_KILLED = -9
_IN_A_ROW = 3


def kill_stage(
    folder: Path, name: str, number: int, twin: Around, kills: int, random: Random
) -> Iterator[Result]:
    """The journey is killed so often, some times on the same home; then it is run once in peace."""
    left, tries = kills, 3 * kills
    while left > 0 and tries > 0:
        home = Path(shutil.copytree(twin.before, folder / "home", symlinks=True))
        told, killed = [], 0
        for _ in range(min(left, random.randint(1, _IN_A_ROW))):
            tries -= 1
            moment = random.random()
            if random.random() < 0.5:
                told.append(f"after {moment:.3f} of its time")
                ended = run_stage(home, name, number, kill_after=twin.seconds * moment)
            else:
                call = 1 + int(moment * twin.calls)
                told.append(f"at call {call} of {twin.calls}")
                ended = run_stage(home, name, number, die_at=call)
            if ended.exit_code == _KILLED and not ended.hung:
                killed += 1
                left -= 1
            elif ended.given is None or ended.given[0] not in (0, 1):
                yield Result(
                    "kill", name, number, f"{told}", [f"begun again: {ended.given} {ended.said}"]
                )
        yield Result("kill", name, number, f"{told}", _mended(home, name, number, twin), killed)
        shutil.rmtree(home)


def _mended(home: Path, name: str, number: int, twin: Around) -> list[str]:
    """What one clean run did not make good."""
    ended = run_stage(home, name, number)
    if ended.given is None or ended.given[0] not in (0, 1):
        return [f"the clean run ended with {ended.given}, {ended.exit_code}: {ended.said[-300:]}"]
    faults = differences(home, twin.after)
    try:
        assert_ledger_is_sound(home)
    except AssertionError as error:
        faults.append(f"the ledger is not sound: {str(error)[:300]}")
    return faults
