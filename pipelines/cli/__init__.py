"""The command line `sitrep`: one module per group of commands, nothing heavy at import."""

from pipelines.cli.app import main

__all__ = ["main"]
