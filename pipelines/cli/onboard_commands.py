"""Commands for those who set feeds up: sample, check, dictionary, schema."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from pipelines.cli.console import progress, say, say_json


def register(app: typer.Typer) -> None:
    """The commands of this module belong to the application."""
    for command in (sample, check, dictionary, schema):
        app.command()(command)


def sample(
    directory: Annotated[
        Path | None, typer.Argument(help="Folder to write to; default: the incoming folder.")
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = 2026,
    broken: Annotated[
        bool, typer.Option("--broken", help="Write files with mistakes, to see the answers.")
    ] = False,
) -> int:
    """Write workbooks in the publisher's layout with invented numbers."""
    from pipelines.base.settings import settings
    from pipelines.sample import write_broken, write_sample

    target = directory or settings().root / "incoming"
    write = write_broken if broken else write_sample
    with progress("Writing workbooks"):
        written = write_into(target, lambda folder: write(folder, seed=seed))
    for path in written:
        say(str(path))
    return 0


def write_into(target: Path, write: Callable[[Path], list[Path]]) -> list[Path]:
    """The files that `write` makes stand in `target`, each whole from its first moment there.

    A scheduler that watches the folder never sees one that is half written.
    """
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".sample-", dir=target) as folder:
        return [file.replace(target / file.name) for file in write(Path(folder))]


def dictionary(
    check: Annotated[
        bool, typer.Option("--check", help="Compare with the files that are there; write nothing.")
    ] = False,
) -> int:
    """Write the data dictionary and each collection's page from the contracts.

    These are docs/data-dictionary.md, docs/collections/*.md, and the answers that the pages show,
    which are kept in expectations/answers. Writes nothing, and ends with 2, while a contract or a
    feed file cannot be used.
    """
    from pipelines.base.settings import PROJECT
    from pipelines.guide.collection_page import collection_files
    from pipelines.guide.example_mistakes import refuse_examples
    from pipelines.registry.registry import load_registry
    from warehouse.publish.data_dictionary import data_dictionary

    registry = load_registry()
    registry.refuse_problems("The dictionary is not written")
    refuse_examples(registry)
    with progress("Making pages"):
        made = {PROJECT / "docs" / "data-dictionary.md": data_dictionary(registry)}
        made |= collection_files(registry, PROJECT / "docs" / "collections")
    if check:
        differing = [path for path, text in made.items() if _text_of(path) != text]
        for path in differing:
            say(f"{path}: differs: run `sitrep dictionary` and commit it")
        if not differing:
            say("up to date")
        return 1 if differing else 0
    for path, text in made.items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")
        say(str(path))
    return 0


def _text_of(path: Path) -> str | None:
    """What stands in the file; None where there is none."""
    return path.read_text("utf-8") if path.exists() else None


def check() -> int:
    """Check every contract and feed file, and every rule with Great Expectations; takes seconds.

    Exit code 2 where something cannot be used. `sitrep status` looks at all but the rules.
    """
    from pipelines.guide.example_mistakes import example_mistakes
    from pipelines.registry.registry import load_registry
    from pipelines.validate.check_rules import rule_mistakes

    registry = load_registry()
    mistakes = [problem.message for problem in registry.problems]
    with progress("Checking rules"):
        mistakes += rule_mistakes(registry)
    mistakes += example_mistakes(registry)
    for mistake in mistakes:
        say(f"Cannot be used: {mistake}")
    if not mistakes:
        say(f"{len(registry.collections)} contracts and {len(registry.feeds)} feeds can be used.")
    return 2 if mistakes else 0


def schema(
    name: Annotated[
        str, typer.Argument(help="A collection, or 'contract' or 'feed' for our own files.")
    ],
    feed: Annotated[
        str | None, typer.Option(help="Of a collection: by the names and units of this feed.")
    ] = None,
) -> int:
    """Print a JSON Schema: of what providers send as JSON, or of contract and feed files.

    That of a collection is for those who send and want to check their JSON first. Those of contract
    and feed files are for editors.
    """
    from pydantic import BaseModel

    from pipelines.base.errors import UsageError
    from pipelines.guide.submission_schema import submission_schema
    from pipelines.guide.template_files import sent_form
    from pipelines.registry.contract import Collection
    from pipelines.registry.feed import Feed
    from pipelines.registry.registry import load_registry

    models: dict[str, type[BaseModel]] = {"contract": Collection, "feed": Feed}
    if name in models:
        if feed is not None:
            raise UsageError(f"--feed goes with a collection, and not with '{name}'.")
        say_json(models[name].model_json_schema())
        return 0
    registry = load_registry()
    if not registry.knows(name) and not registry.is_broken(name):
        known = ", ".join((*models, *registry.collections))
        raise UsageError(f"'{name}' has no schema; choose one of: {known}.")
    contract = registry.collection(name)
    own = registry.feed(feed) if feed is not None else None
    say_json(submission_schema(sent_form(contract, own, "json"), own))
    return 0
