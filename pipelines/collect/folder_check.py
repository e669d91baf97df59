"""Tries a folder of this machine step by step, as whoever set it up would."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Protocol

from pipelines.base.errors import DiskFault, SourceUnavailable
from pipelines.collect.checks import SourceCheck, Step
from pipelines.collect.listed_files import Fetched, Listed, Unread


class FolderOfFiles(Protocol):
    """A folder that files are taken from, and answers perhaps put into."""

    @property
    def gives_back(self) -> bool:
        """Whether answers are put there."""

    def list(self, home: Path) -> Iterable[Listed]:
        """The files that are there."""

    def read(self, home: Path, files: Iterable[Listed]) -> Iterator[Fetched | Unread]:
        """The files with their bytes."""

    def try_answers(self, home: Path) -> str:
        """Where answers go; raises `SourceUnavailable` where none can."""


def check_folder(
    source: FolderOfFiles, home: Path, folder: Path, *, is_made: bool
) -> Iterator[SourceCheck]:
    """The folder is there, may be entered, listed and written to; a file and an answer fit.

    One that `is_made` by the first collection need not be there yet.
    """
    if is_made and not folder.exists():
        yield SourceCheck(
            Step.CONNECT, True, f"{folder} is not there yet: the first collection makes it"
        )
        return
    there = _there(folder)
    yield there
    if not there.is_fine:
        return
    if not os.access(folder, os.W_OK | os.X_OK):
        yield SourceCheck(
            Step.SIGN_IN,
            False,
            f"{folder} cannot be written to by this user, who is {_user()}. Files that were taken "
            "are moved to its folder 'collected': let this user write there.",
        )
        return
    yield SourceCheck(Step.SIGN_IN, True, f"may be entered and written to by this user ({_user()})")
    yield from _check_files(source, home, folder)


def _check_files(source: FolderOfFiles, home: Path, folder: Path) -> Iterator[SourceCheck]:
    try:
        listed = list(source.list(home))
    except (SourceUnavailable, DiskFault) as error:
        yield SourceCheck(Step.LIST, False, str(error))
        return
    files = [one for one in listed if not one.why_not]
    odd = [one for one in listed if one.why_not]
    told = f"{len(files):,} files wait"
    if odd:
        told += f"; {len(odd):,} things cannot be taken, '{odd[0].name}' {odd[0].why_not}"
    yield SourceCheck(Step.LIST, True, told)
    for one in source.read(home, files[:1]):
        if isinstance(one, Unread):
            yield SourceCheck(
                Step.READ, False, f"'{one.file.name}' {one.why}. Let this user ({_user()}) read it."
            )
            return
        yield SourceCheck(Step.READ, True, f"'{one.file.name}': {len(one.content):,} bytes")
    if source.gives_back:
        try:
            yield SourceCheck(Step.ANSWER, True, f"answers go to {source.try_answers(home)}")
        except SourceUnavailable as error:
            yield SourceCheck(Step.ANSWER, False, str(error))


def _there(folder: Path) -> SourceCheck:
    """Whether a folder stands there, and who has to do what where none does."""
    try:
        if folder.is_dir():
            return SourceCheck(Step.CONNECT, True, f"{folder} is there")
        if folder.exists():
            return SourceCheck(
                Step.CONNECT, False, f"{folder} is no folder: name one as the endpoint."
            )
    except OSError as error:
        why = f"{folder} cannot be reached ({error.strerror}): let this user ({_user()}) enter it."
        return SourceCheck(Step.CONNECT, False, why)
    near = next((one for one in folder.parents if one.is_dir()), folder.parent)
    return SourceCheck(
        Step.CONNECT,
        False,
        f"{folder} is not there; the way to it ends at {near}. Make it, mount it, or correct the "
        "endpoint in the feed's file.",
    )


def _user() -> str:
    """The user that this process runs as, by number where it has no name."""
    try:
        import pwd

        return pwd.getpwuid(os.geteuid()).pw_name
    except (ImportError, KeyError):
        return str(os.geteuid())
