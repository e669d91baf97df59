"""An SFTP source is tried step by step, in words for whoever set it up."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from fnmatch import fnmatch

import asyncssh

from pipelines.base.errors import ConfigurationError, SourceUnavailable
from pipelines.base.outgoing import one_line
from pipelines.base.settings import settings
from pipelines.collect.checks import SourceCheck, Step
from pipelines.collect.hostile_names import is_unfinished, why_hostile
from pipelines.collect.listed_files import Listed, Unread
from pipelines.collect.sftp.sftp_access import NotLetIn
from pipelines.collect.sftp.sftp_client import SftpClient, in_words
from pipelines.collect.sftp.sftp_files import LISTING_SECONDS, is_there, list_folder

_MOST_SHOWN = 8


@dataclass(frozen=True, slots=True)
class SftpTrial:
    """One trial of a source over one connection."""

    client: SftpClient
    folder: str
    patterns: Sequence[str]
    answers: str | None

    def steps(self) -> Iterator[SourceCheck]:
        """Each step that was tried; the first that fails is the last."""
        for step in (self._get_in, self._list):
            for check in step():
                yield check
                if not check.is_fine:
                    return
        if self.answers is not None:
            yield self._see_answers(self.answers)

    def _get_in(self) -> Iterator[SourceCheck]:
        try:
            access = self.client.access
        except ConfigurationError as error:
            yield SourceCheck(Step.CONNECTION, False, str(error))
            return
        told = f"{access.place} as '{access.login}' with its {access.shown}"
        yield SourceCheck(Step.CONNECTION, True, told)
        steps = {
            Step.NAME: f"'{access.host}' has an address",
            Step.CONNECT: f"{access.place} shows a host key that the connection has",
            Step.SIGN_IN: f"the login '{access.login}' is let in",
        }
        try:
            self.client.run(lambda sftp: sftp.realpath("."))
            failed = None
        except SourceUnavailable as error:
            failed = error
        except asyncssh.SFTPError:
            failed = None
        at = failed.step if isinstance(failed, NotLetIn) else Step.SIGN_IN
        for step, fine in steps.items():
            if failed is not None and step is at:
                yield SourceCheck(step, False, str(failed))
                return
            yield SourceCheck(step, True, fine)

    def _list(self) -> Iterator[SourceCheck]:
        try:
            listed = self.client.run(lambda sftp: list_folder(sftp, self.folder), LISTING_SECONDS)
        except asyncssh.SFTPError as error:
            yield SourceCheck(Step.LIST, False, why_not_listed(self.client, self.folder, error))
            return
        except SourceUnavailable as error:
            yield SourceCheck(Step.LIST, False, str(error))
            return
        files = [one for one in listed if not (one.why_not or is_unfinished(one.name))]
        fitting = [one for one in files if self._fits(one)]
        told = f"'{self.folder}' has {len(files):,} files, {len(fitting):,} of them this feed's"
        if files and not fitting:
            told += f"; no name fits {' or '.join(self.patterns)}: {_shown(files)}"
        yield SourceCheck(Step.LIST, True, told)
        small = [one for one in fitting or files if one.size <= settings().max_file_bytes]
        yield from self._read([one for one in small if not why_hostile(one.name)][:1])

    def _read(self, files: Sequence[Listed]) -> Iterator[SourceCheck]:
        try:
            for one in self.client.read(files, lambda file: f"{self.folder}/{file.key}"):
                name = one_line(one.file.name)
                if isinstance(one, Unread):
                    yield SourceCheck(Step.READ, False, f"'{name}' {one.why}")
                else:
                    yield SourceCheck(Step.READ, True, f"'{name}': {len(one.content):,} bytes")
        except SourceUnavailable as error:
            yield SourceCheck(Step.READ, False, str(error))

    def _fits(self, file: Listed) -> bool:
        name = file.name.casefold()
        return any(fnmatch(name, pattern.casefold()) for pattern in self.patterns)

    def _see_answers(self, folder: str) -> SourceCheck:
        try:
            there = self.client.run(lambda sftp: is_there(sftp, folder))
        except (asyncssh.SFTPError, SourceUnavailable) as error:
            told = f"the folder '{folder}' of the answers cannot be seen ({in_words(error)})"
            return SourceCheck(Step.ANSWER, False, told)
        told = "is there" if there else "is not there, and is made for the first answer"
        return SourceCheck(Step.ANSWER, True, f"the folder '{folder}' {told}")


def why_not_listed(client: SftpClient, folder: str, error: asyncssh.SFTPError) -> str:
    """Why the folder cannot be listed, and what the login sees in place of it."""
    login, place = client.access.login, client.access.place
    if isinstance(error, asyncssh.SFTPPermissionDenied):
        return (
            f"The login '{login}' may not list the folder '{folder}' at {place}. Ask its provider "
            "for the right to list and read it, or correct `folder` in the feed's file."
        )
    if isinstance(error, asyncssh.SFTPNoSuchFile | asyncssh.SFTPNoSuchPath):
        what = f"The login '{login}' sees no folder '{folder}' at {place}"
    else:
        what = f"The folder '{folder}' at {place} cannot be listed ({in_words(error)})"
    try:
        own = list(client.run(lambda sftp: list_folder(sftp, "."), LISTING_SECONDS))
    except (asyncssh.SFTPError, SourceUnavailable):
        own = []
    own.sort(key=lambda one: _likeness(one.name, folder), reverse=True)
    sees = f"; it sees {_shown(own)}" if own else ""
    return f"{what}{sees}. Correct `folder` in the feed's file, or ask its provider."


def _shown(files: Sequence[Listed]) -> str:
    names = [one_line(one.name, 60) for one in files[:_MOST_SHOWN]]
    more = f" and {len(files) - _MOST_SHOWN:,} more" if len(files) > _MOST_SHOWN else ""
    return ", ".join(names) + more


def _likeness(name: str, folder: str) -> float:
    return SequenceMatcher(None, name[:60].casefold(), folder[-60:].casefold()).ratio()
