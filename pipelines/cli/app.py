"""The application: its commands, and how every way of ending becomes an exit code."""

import gc
import importlib
import io
import os
import sys
import traceback
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from pipelines.base.disk_faults import disk_faults_told
from pipelines.base.errors import ConfigurationError, SitrepError, UsageError
from pipelines.base.switches import shows_traces
from pipelines.cli.console import heard_or_not, say, say_error, say_no_more
from pipelines.cli.whole_needed import PACKAGE, whole_needed

FINE, REJECTED, USAGE, COULD_NOT_RUN = 0, 1, 2, 3
INTERRUPTED = 130
_OBJECTS_BETWEEN_COLLECTIONS = 300_000
"""Python looks for cycles after 700, and so dozens of times while a command's modules load."""
_STOPPED = "Stopped. Landed files are kept; run the command again to continue."

_ClickError: Any = typer.BadParameter.__mro__[2]
"""Base of all errors of usage. Typer brings a click of its own and names only some of them."""

_COMMANDS = {
    "try_command": ("try",),
    "collect_command": ("collect",),
    "sources_command": ("sources",),
    "load_commands": ("ingest", "drain", "reprocess", "publish"),
    "ledger_commands": ("status", "submissions", "slots"),
    "feeds_commands": ("feeds",),
    "read_commands": ("query", "as-of"),
    "onboard_commands": ("sample", "check", "dictionary", "schema"),
    "template_command": ("template",),
    "contract_commands": ("contract",),
    "run_commands": ("run", "airflow"),
    "cluster_command": ("cluster",),
    "simulate_command": ("simulate",),
    "watch_command": ("watch",),
    "storage_commands": ("rebuild", "backup", "restore", "retain"),
    "dashboard_command": ("dashboard",),
    "brief_command": ("brief",),
    "letters_command": ("letters",),
    "push_command": ("push-server",),
    "token_commands": ("tokens",),
}
"""Module → the commands that it registers, in the order of the help."""


def make_app(arguments: Sequence[str] = ()) -> typer.Typer:
    """The application with the module of the command that the arguments name.

    It has all of them where they name none. A start takes a fifth less time with one.
    """
    app = typer.Typer(
        name="sitrep",
        help="Collect, validate, load and publish the feeds of urgent and emergency care.\n\n"
        "Exit codes: 0 fine; 1 something was rejected; 2 usage or configuration; 3 could not run. "
        "State lives under SITREP_HOME (default ./var).",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    first = next((one for one in arguments if not one.startswith("-")), None)
    named = [module for module, names in _COMMANDS.items() if first in names]
    # Help of all, and what is near a mistyped name, need every command.
    is_about_all = first is None or arguments[0].startswith("-")
    for name in _COMMANDS if is_about_all else named or _COMMANDS:
        importlib.import_module(f"pipelines.cli.{name}").register(app)
    app.callback()(_say_what_is_asked_of_all)
    return app


def _say_version(is_asked: bool) -> None:
    """The version is said, and nothing else is done."""
    if is_asked:
        from importlib.metadata import version

        say(f"sitrep {version(PACKAGE)}")
        raise typer.Exit


def _say_what_is_asked_of_all(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_say_version, is_eager=True, help="Say the version, and end."
        ),
    ] = False,
) -> None:
    """Options that belong to no command."""


def main() -> None:
    """Runs the command line and ends the process with a documented exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # What a terminal cannot write is told by its code, and stops nothing.
            stream.reconfigure(errors="backslashreplace")
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)
    # Pydantic would look through the metadata of all installed packages for plugins.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    sys.exit(_run(sys.argv[1:]))


def _run(arguments: list[str]) -> int:
    """The exit code of one call; errors are printed in plain words, traces only on request."""
    try:
        with disk_faults_told():
            result = make_app(arguments)(arguments, standalone_mode=False)
        with heard_or_not():
            sys.stdout.flush()
        if result == INTERRUPTED:
            # Typer turns Ctrl-C into this.
            say_error(_STOPPED)
        return int(result) if isinstance(result, int) else FINE
    except _ClickError as error:
        error.show()
        return USAGE
    except (UsageError, ConfigurationError) as error:
        say_error(str(error))
        return USAGE
    except SitrepError as error:
        say_error(str(error))
        return COULD_NOT_RUN
    except (KeyboardInterrupt, typer.Abort):
        say_error(_STOPPED)
        return INTERRUPTED
    except BrokenPipeError:
        return _leave_quietly()
    except SystemExit as end:
        # Typer turns a closed pipe into this.
        if isinstance(end.__context__, BrokenPipeError):
            return _leave_quietly()
        raise
    except ModuleNotFoundError as error:
        if (told := whole_needed(error, arguments)) is None:
            return _say_unexpected(error)
        say_error(told)
        return USAGE
    except Exception as error:
        return _say_unexpected(error)


def _say_unexpected(error: Exception) -> int:
    """A fault of ours is told, with its trace on request; to be called while it is handled."""
    if shows_traces():
        traceback.print_exc()
    say_error(
        f"Something unexpected failed: {type(error).__name__}: {error}\n"
        "No landed file is lost. Set SITREP_DEBUG=1 to see where it failed."
    )
    return COULD_NOT_RUN


def _leave_quietly() -> int:
    """The reader of an answer (head, less) has gone before its end, which is not an error."""
    say_no_more()
    return FINE
