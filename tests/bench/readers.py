"""Fifty readers of the dashboard while one national publication follows another.

The publications hold 35 days of England. The dashboard runs in a process of its own, as `sitrep
dashboard` starts it; the readers are here, and each looks at a page for about a second. Every ten
seconds another publication is current. Nobody may meet an error, or a page of two publications.

    python -m tests.bench readers --readers 50 --seconds 120 --folder /tmp/bench
"""

import asyncio
import os
import random
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import httpx
import psutil

from tests.bench.measure import PROJECT, say

DAYS = 35
_SWITCHED_EVERY = 10
_LOOKED_AT_SECONDS = (0.5, 1.5)
_NAMED = re.compile(r"uec-\d{8}T\d{6}Z-[0-9a-f]{8}")


@dataclass
class Seen:
    """What all readers met."""

    seconds: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    mixed: int = 0
    publications: set[str] = field(default_factory=set)


def run_readers(readers: int, seconds: int, folder: Path | None) -> None:
    """Prints what the readers met, and what the dashboard took."""
    with tempfile.TemporaryDirectory(prefix="sitrep-readers-") as scratch:
        home, names = _published(folder or Path(scratch), 1 + seconds // _SWITCHED_EVERY)
        _turn(home, names[0])
        with _dashboard(home) as (address, process, made_in):
            seen = asyncio.run(_read(address, home, names, readers, seconds))
            peak = _peak_mb(process)
    p95 = statistics.quantiles(seen.seconds, n=20)[-1]
    print(f"pages of one publication made in {made_in:.1f} s, start of the process included")
    print(
        f"{readers} readers, {seconds} s: {len(seen.seconds):,} requests of "
        f"{len(seen.publications)} publications, {len(seen.errors)} errors, {seen.mixed} mixed; "
        f"median {1000 * statistics.median(seen.seconds):.0f} ms, p95 {1000 * p95:.0f} ms; "
        f"dashboard at most {peak:.0f} MB"
    )
    for error in seen.errors[:5]:
        print(f"  {error}")


def _published(folder: Path, number: int) -> tuple[Path, list[str]]:
    """A home with so many publications of 35 days, and their names; kept for another run."""
    from pipelines.registry.registry import load_registry
    from tests.bench.national.data import write_ticks
    from tests.bench.national.history import DAYS_PER_YEAR, fill
    from tests.bench.national.land import use_home
    from tests.bench.national.ticks import read_ticks
    from warehouse.publish.publish import publish

    data, home = folder / "data-1", folder / "readers"
    if not data.exists():
        write_ticks(data, 1)
    moment = read_ticks(data, 1)[0].start
    os.environ["SITREP_KEEP_PUBLICATIONS"] = str(number)
    use_home(home, data / "feeds", moment)
    made = sorted((home / "publications").glob("uec-*.duckdb"))
    if not made:
        fill(home, data, DAYS / DAYS_PER_YEAR)
    for minute in range(len(made), number):
        use_home(home, data / "feeds", moment + timedelta(minutes=minute))
        publish(home, load_registry())
        say(f"    {minute + 1} of {number} publications")
    return home, sorted(one.name for one in (home / "publications").glob("uec-*.duckdb"))[:number]


def _turn(home: Path, name: str) -> None:
    """That publication is current."""
    link = home / "publications" / ".turned"
    link.symlink_to(name)
    link.replace(home / "publications" / "current.duckdb")


@contextmanager
def _dashboard(home: Path) -> Iterator[tuple[str, psutil.Process, float]]:
    """The dashboard serves the home; its address, its process, and how long it took to serve."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [str(Path(sys.executable).with_name("sitrep")), "dashboard", "--port", str(port)]
    begin = time.perf_counter()
    child = subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    try:
        while True:
            try:
                httpx.get(f"{address}/healthz")
                break
            except httpx.ConnectError:
                if child.poll() is not None:
                    raise SystemExit("The dashboard did not start.") from None
                time.sleep(0.05)
        yield address, psutil.Process(child.pid), time.perf_counter() - begin
    finally:
        child.send_signal(signal.SIGINT)
        child.wait(30)


async def _read(address: str, home: Path, names: Sequence[str], readers: int, seconds: int) -> Seen:
    seen = Seen()
    async with httpx.AsyncClient(base_url=address, timeout=30) as client:
        start = (await client.get("/")).text
        places = sorted(set(re.findall(r'href="(/(?:[a-z]+/[^"#]*)?)"', start)) - {"/seen"})
        places = [one for one in places if not one.startswith("/assets/")]
        end = time.monotonic() + seconds
        tasks = [_one_reader(client, places, end, seen, number) for number in range(readers)]
        await asyncio.gather(_switch(home, names, end), *tasks)
    return seen


async def _switch(home: Path, names: Sequence[str], end: float) -> None:
    for name in names[1:]:
        await asyncio.sleep(_SWITCHED_EVERY)
        if time.monotonic() < end:
            _turn(home, name)


async def _one_reader(
    client: httpx.AsyncClient, places: Sequence[str], end: float, seen: Seen, number: int
) -> None:
    chance = random.Random(number)
    await asyncio.sleep(chance.random())
    while time.monotonic() < end:
        place = chance.choice(places)
        begin = time.perf_counter()
        try:
            answer = await client.get(place)
        except httpx.HTTPError as error:
            seen.errors.append(f"{place}: {error!r}")
            continue
        seen.seconds.append(time.perf_counter() - begin)
        if answer.status_code != 200:
            seen.errors.append(f"{place}: {answer.status_code}")
        named = set(_NAMED.findall(answer.text))
        seen.publications |= named
        seen.mixed += len(named) > 1
        await asyncio.sleep(chance.uniform(*_LOOKED_AT_SECONDS))


def _peak_mb(process: psutil.Process) -> float:
    """The most memory that the process ever had."""
    status = Path(f"/proc/{process.pid}/status").read_text("ascii")
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(found[1]) / 1024 if found else process.memory_info().rss / 2**20
