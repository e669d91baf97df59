"""`python -m pipelines.cli` is `sitrep`."""

from pipelines.cli.app import main

main()
