"""The command that runs the whole system on this machine: run."""

import os
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from pipelines.cli.console import say


def register(app: typer.Typer) -> None:
    """The commands of this module belong to the application."""
    app.command()(run)
    passed_on = {"allow_extra_args": True, "ignore_unknown_options": True}
    app.command(context_settings=passed_on)(airflow)


def run(
    port: Annotated[int, typer.Option(help="Port of Airflow's pages on 127.0.0.1.")] = 8080,
    schedule: Annotated[
        str, typer.Option(help="Cron line in place of every collection's own cadence.")
    ] = "* * * * *",
    with_sample: Annotated[
        bool, typer.Option("--sample/--no-sample", help="Start with sample workbooks.")
    ] = True,
    with_providers: Annotated[
        bool,
        typer.Option("--simulate/--no-simulate", help="Let simulated providers send their files."),
    ] = True,
    with_dashboard: Annotated[
        bool, typer.Option("--dashboard/--no-dashboard", help="Serve the control room's pages too.")
    ] = True,
    sources: Annotated[
        str,
        typer.Option(
            help="How acute trusts deliver: directory, sftp, s3, mesh, push, https, several with "
            "commas between them, or all. Each has a real server here (`make servers`)."
        ),
    ] = "directory",
    stop_when_published: Annotated[
        bool, typer.Option("--stop-when-published", help="Stop after the first publication.")
    ] = False,
) -> int:
    """Run Airflow here with all DAGs on, until Ctrl-C; print where to look.

    Simulated providers send quarter-hour and daily files, some of them with faults. A new home
    starts with sample workbooks and two days of such files; all numbers are invented.
    """
    from pipelines.base.settings import pass_on, settings
    from pipelines.local_airflow.local_run import run as run_airflow
    from pipelines.local_servers.ways import parse_ways

    if settings().schedule_override is None:
        pass_on("schedule", schedule)
    home = settings().root
    home.mkdir(parents=True, exist_ok=True)
    beside: dict[str, list[str]] = {}
    address = None
    if with_dashboard:
        address, beside["dashboard"] = _serve_dashboard()
    servers, programs = _serve_sources(home, parse_ways(sources))
    beside |= programs
    is_new = not (home / "landing").exists()
    if with_sample and is_new:
        _put_sample(home)
    if with_providers:
        # First: what the days before have sent would count as where the providers stopped.
        beside["providers"] = _providers(home)
        if is_new:
            _send_days_before()
    announce = _announcer(home, address, stop_when_published)
    with servers:
        return run_airflow(home, port=port, on_tick=announce, beside=beside)


def airflow(context: typer.Context) -> None:
    """Call Airflow's own command line on this home, e.g. `sitrep airflow dags list`.

    Everything after `airflow` goes to it: `dags test acute_sitrep_daily`, `tasks list publish`.
    Put `--` first for its own help: `sitrep airflow -- dags --help`.
    """
    import subprocess

    from pipelines.base.settings import settings
    from pipelines.local_airflow.airflow_home import (
        PREPARE_METADATA,
        environment,
        is_prepared,
        note_prepared,
    )

    home = settings().root
    variables = {**os.environ, **environment(home)}
    if not is_prepared(home):
        command = [sys.executable, "-c", PREPARE_METADATA]
        subprocess.run(command, env=variables, check=True, stdout=subprocess.DEVNULL)
        note_prepared(home)
    os.execve(sys.executable, [sys.executable, "-m", "airflow", *context.args], variables)


def _serve_dashboard() -> tuple[str, list[str]]:
    """The address of the control room's pages, and the program that serves them."""
    from pipelines.base.settings import pass_on
    from pipelines.local_airflow.local_run import choose_port

    chosen = choose_port(_DASHBOARD_PORT)
    address = f"http://127.0.0.1:{chosen}/"
    pass_on("dashboard_url", address)
    say(f"Dashboard: {address}  (from the first publication on)", flush=True)
    return address, _program("dashboard", "--port", str(chosen))


def _serve_sources(home: Path, ways: Sequence[str]) -> tuple[ExitStack, dict[str, list[str]]]:
    """The servers of the ways run until the stack is closed, and feeds name them.

    Also returns the programs that run beside Airflow for them. What simulated providers send by
    them stands under `simulation/` of the home.
    """
    from pipelines.local_servers.ways import DIRECTORY, write_ways

    servers = ExitStack()
    if tuple(ways) == (DIRECTORY,):
        return servers, {}
    from pipelines.base.settings import pass_on, settings
    from pipelines.local_airflow.local_run import choose_port
    from pipelines.local_servers.all_servers import give_token, running_servers

    folder = home / "simulation" / "feeds"
    port = choose_port(_ADDRESSES_PORT)
    counts = write_ways(folder, settings().feeds_dir, ways, port)
    pass_on("feeds_dir", str(folder))
    at = home / "simulation" / "servers"
    places = dict(servers.enter_context(running_servers(ways, at, port)))
    programs: dict[str, list[str]] = {}
    if "push" in ways:
        port = choose_port(_PUSH_PORT)
        places["push"] = give_token(home, port)
        programs["push-server"] = _program("push-server", "--port", str(port))
    for way, count in counts.items():
        place = f"  ({places[way]})" if way in places else ""
        say(f"Feeds by {way}: {count}{place}", flush=True)
    return servers, programs


_PUSH_PORT, _ADDRESSES_PORT = 8090, 8070
_DAYS_BEFORE = timedelta(days=2)
"""Whole days of which a new home gets what would have come: something of every feed, on time."""
_DAILY_BEFORE = timedelta(days=15)
"""Days of daily feeds: `sitrep feeds` looks at two weeks of them."""
_FAULTS = 0.02
_DASHBOARD_PORT = 8111


def _providers(home: Path) -> list[str]:
    """The command of the simulated providers: they go on where they stopped."""
    from pipelines.base.clock import london_date, now
    from pipelines.registry.slots import day_start
    from pipelines.simulate.record import last_delivery

    earliest = day_start(london_date(now()) - _DAYS_BEFORE)
    begin = max(earliest, last_delivery(home) or earliest)
    since = begin.isoformat(timespec="seconds")
    live = ("simulate", "--live", "--folder", "--past-as-due")
    return _program(*live, "--from", since, "--faults", str(_FAULTS))


def _send_days_before() -> None:
    """What daily feeds would have sent before those days is landed as received when due."""
    import subprocess

    from pipelines.base.clock import london_date, now
    from pipelines.registry.registry import load_registry
    from pipelines.simulate.figures import MODELS

    today = london_date(now())
    window = ("--from", f"{today - _DAILY_BEFORE}", "--to", f"{today - _DAYS_BEFORE}")
    collections = load_registry().collections
    daily = [name for name in MODELS if name in collections and collections[name].cadence.is_daily]
    if not daily:
        return
    chosen = [word for name in daily for word in ("--collection", name)]
    say("Landing what daily feeds would have sent in the last two weeks (invented)…", flush=True)
    command = _program("simulate", *window, *chosen, "--faults", str(_FAULTS))
    subprocess.run(command, check=False, stdout=subprocess.DEVNULL)


def _program(*arguments: str) -> list[str]:
    """A command of `sitrep` as a program beside this one."""
    return [sys.executable, "-m", "pipelines.cli", *arguments]


def _put_sample(home: Path) -> None:
    from pipelines.cli.onboard_commands import write_into
    from pipelines.sample import write_sample

    say("Writing sample workbooks (invented numbers)…", flush=True)
    for path in write_into(home / "incoming", lambda folder: write_sample(folder)):
        say(f"  {path}", flush=True)


def _announcer(home: Path, dashboard: str | None, stop_when_published: bool) -> Callable[[], bool]:
    """A function that says once where to look when a publication with rows is there.

    It returns whether the run should end.
    """
    from warehouse.publish.publications import read_description

    told: list[str] = []
    earlier = (read_description(home) or {}).get("publication")

    def announce() -> bool:
        description = read_description(home)
        if description is None or not any(
            description["rows"].get(collection, 0) for collection in description["data_as_of"]
        ):
            return False
        if not told:
            told.append(description["publication"])
            name = description["publication"]
            who = "Published earlier" if name == earlier else "Published by the scheduler"
            _tell_where(home, f"{who}: {name}", description["rows"], dashboard)
        return stop_when_published

    return announce


def _tell_where(home: Path, heading: str, rows: dict[str, int], dashboard: str | None) -> None:
    tables = ", ".join(f"{table} {count:,}" for table, count in rows.items() if count)
    say(heading, flush=True)
    say(f"  rows: {tables}")
    say(f"  tables:   {home / 'publications' / 'current.duckdb'} (DuckDB, open it read-only)")
    say(f"  answers:  {home / 'answers'}")
    if dashboard is not None:
        say(f"  look first: {dashboard} (England now); then its pages Feeds and Data quality")
    say("  then:     .venv/bin/sitrep feeds                            who sends, who is late")
    say("            .venv/bin/sitrep submissions --status rejected    simulated mistakes")
    say("            .venv/bin/sitrep submissions ID                   what the sender is told")
    say('            .venv/bin/sitrep query "SELECT * FROM national_daily LIMIT 10"', flush=True)
