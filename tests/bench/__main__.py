"""Benchmarks: workbooks beside openpyxl, England's quarter of an hour beside its rivals, readers,
publications, sources.

python -m tests.bench                                    everything
python -m tests.bench workbooks
python -m tests.bench sources --kinds sftp --runs 3
python -m tests.bench readers --readers 50 --seconds 120
python -m tests.bench publishing --ticks 10
python -m tests.bench latency --ticks 20 --lone 20
python -m tests.bench national --ticks 20 --days 1 --years 0 --only ours --folder /tmp/bench
"""

import argparse
import os
from pathlib import Path

from tests.bench import workbooks
from tests.bench.national.run import RACERS, Options, run_all


def main() -> None:
    """The parts that were asked for, one after the other."""
    arguments = _parse()
    if arguments.part in ("all", "workbooks"):
        workbooks.main()
    if arguments.part in ("all", "national"):
        from tests.bench.national.table import print_results

        options = _options(arguments)
        print_results(run_all(options), options)
    if arguments.part in ("all", "readers"):
        from tests.bench.readers import run_readers

        run_readers(arguments.readers, arguments.seconds, arguments.folder)
    if arguments.part in ("all", "publishing"):
        from tests.bench.publishing import run_publishing

        run_publishing(arguments.ticks, arguments.folder)
    if arguments.part in ("all", "sources"):
        from tests.bench.sources import run_sources

        run_sources(arguments.kinds, arguments.runs)
    if arguments.part == "latency":
        from tests.bench.latency import run_latency

        run_latency(arguments.ticks, arguments.lone, arguments.folder)


def _parse() -> argparse.Namespace:
    summary, _, usage = (__doc__ or "").partition("\n")
    parser = argparse.ArgumentParser(
        "python -m tests.bench",
        description=summary,
        epilog=usage,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    parts = ("all", "workbooks", "national", "readers", "publishing", "sources", "latency")
    add("part", nargs="?", default="all", choices=parts)
    add("--ticks", type=int, default=20, help="measured ticks, 0 for none")
    add("--days", type=int, nargs="*", default=[1, 10], help="bulks of so many days")
    add("--runs", type=int, default=3, help="of a short bulk, and of a source")
    add("--lone", type=int, default=20, help="single files of the latency")
    add("--kinds", nargs="*", default=[], help="of sources; all where nothing is said")
    add("--long-runs", type=int, default=1, help="of a bulk of five days or more")
    years = float(os.environ.get("BENCH_YEARS", "5"))
    add("--years", type=float, default=years, help="history behind a tick; default BENCH_YEARS")
    names = [racer.name for racer in RACERS]
    add("--only", nargs="*", default=[], choices=names, help="whom to measure")
    add("--readers", type=int, default=50, help="of the dashboard, at once")
    add("--seconds", type=int, default=120, help="for which they read")
    add("--folder", type=Path, help="keep the files there for another run")
    return parser.parse_args()


def _options(arguments: argparse.Namespace) -> Options:
    return Options(
        ticks=arguments.ticks,
        days=tuple(arguments.days),
        runs=arguments.runs,
        long_runs=arguments.long_runs,
        years=arguments.years,
        only=tuple(arguments.only),
        folder=arguments.folder,
    )


if __name__ == "__main__":
    main()
