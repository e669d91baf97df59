"""The kind `sftp`: a folder of a server that providers, or we, put files into."""

import errno
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from pipelines.base.connections import NAME_PATTERN
from pipelines.base.errors import SitrepError, SourceUnavailable
from pipelines.base.settings import settings
from pipelines.collect.checks import SourceCheck
from pipelines.collect.file_store import Fetched, Listed, Unread
from pipelines.collect.hostile_names import why_hostile
from pipelines.collect.remembering_store import RememberingStore
from pipelines.collect.taken import taken_memory
from pipelines.registry.feed import Feed
from pipelines.registry.registry import Registry
from pipelines.registry.source import sources

if TYPE_CHECKING:
    from asyncssh import SFTPClient

    from pipelines.collect.sftp.sftp_client import SftpClient
    from pipelines.landing.landing import Manifest

_COLLECTED = "collected"
_SCHEME = "sftp://"
_opened: ContextVar["SftpClient | None"] = ContextVar("opened_sftp", default=None)


@sources.register
class SftpSource(RememberingStore):
    """A folder of an SFTP server."""

    kind: Literal["sftp"]
    endpoint: str = Field(default="", description="Follows from `connection` and `folder`.")
    folder: str = Field(
        min_length=1,
        description="Folder of the files at the server; a relative one stands in the login's own.",
    )
    pattern: str = Field(description="File name pattern, matched without regard to case.")
    timeout_seconds: float = Field(
        default=30.0, gt=0, le=120, description="Longest time that one answer may take."
    )

    @field_validator("folder", "answers")
    @classmethod
    def _is_plain_folder(cls, folder: str | None) -> str | None:
        if folder is None:
            return None
        if "://" in folder or "@" in folder:
            raise ValueError("a folder without host and login, which stand in the connection")
        if not folder.isprintable() or ".." in folder.split("/"):
            raise ValueError("a plain folder, without `..`")
        return folder.rstrip("/") or "/"

    @model_validator(mode="before")
    @classmethod
    def _names_endpoint(cls, content: Any) -> Any:
        if not isinstance(content, dict):
            return content
        folder = str(content.get("folder", ""))
        endpoint = f"{_SCHEME}{content.get('connection', '')}/{folder.rstrip('/') or folder}"
        if content.get("endpoint", endpoint) != endpoint:
            raise ValueError(f"endpoint: leave it out; it is {endpoint}")
        return {**content, "endpoint": endpoint}

    @model_validator(mode="after")
    def _keeps_answers_apart(self) -> "SftpSource":
        if self.answers == self.folder:
            raise ValueError("answers: another folder, or they are collected as submissions")
        return self

    @classmethod
    def at(cls, endpoint: str) -> Self | None:
        """The folder of the connection that the endpoint names."""
        connection, _, folder = endpoint.removeprefix(_SCHEME).partition("/")
        if not endpoint.startswith(_SCHEME) or not re.match(NAME_PATTERN, connection):
            return None
        return cls(kind="sftp", connection=connection, folder=folder, pattern="*")

    @contextmanager
    def opened(self) -> Iterator[None]:
        """Calls in the block share one connection to the server."""
        with self._client() as client:
            token = _opened.set(client)
            try:
                yield
            finally:
                _opened.reset(token)

    def collect(
        self, home: Path, feeds: Sequence[Feed], registry: Registry, since: datetime | None
    ) -> int:
        """As every store collects, over one connection."""
        with self.opened():
            return super().collect(home, feeds, registry, since)

    def drop_copies(self, home: Path, manifests: Sequence["Manifest"]) -> int:
        """As every store drops copies, over one connection."""
        with self.opened():
            return super().drop_copies(home, manifests)

    def list_all(self, home: Path) -> Sequence[Listed]:
        """What stands in the folder, less `collected`; raises `SourceUnavailable`."""
        from asyncssh import SFTPError

        from pipelines.collect.sftp.sftp_check import why_not_listed
        from pipelines.collect.sftp.sftp_files import LISTING_SECONDS, list_folder

        with self._client() as client:
            try:
                listed = client.run(lambda sftp: list_folder(sftp, self.folder), LISTING_SECONDS)
            except SFTPError as error:
                raise SourceUnavailable(why_not_listed(client, self.folder, error)) from None
        own = {_COLLECTED, (self.answers or "").removeprefix(f"{self.folder}/")}
        return [one for one in listed if not (one.why_not and one.name in own)]

    def list_put_away(self, home: Path) -> Sequence[Listed]:
        """What stands in `collected`."""
        from asyncssh import SFTPError

        from pipelines.collect.sftp.sftp_check import why_not_listed
        from pipelines.collect.sftp.sftp_files import LISTING_SECONDS, list_if_there

        folder, below = self._path(_COLLECTED), f"{_COLLECTED}/"
        with self._client() as client:
            try:
                listed = client.run(
                    lambda sftp: list_if_there(sftp, folder, below), LISTING_SECONDS
                )
            except SFTPError as error:
                raise SourceUnavailable(why_not_listed(client, folder, error)) from None
        return [one for one in listed if not one.why_not]

    def read(self, home: Path, files: Iterable[Listed]) -> Iterator[Fetched | Unread]:
        """The files with their bytes, many at once, or why they cannot be read.

        Raises `SourceUnavailable` where the server breaks off, after those that came before.
        """
        harmless = [file for file in files if not why_hostile(file.name)]
        most = settings().max_file_bytes
        with self._client() as client:
            yield from client.read(
                (file for file in harmless if file.size <= most), lambda file: self._path(file.key)
            )

    def put_away(self, home: Path, files: Sequence[Listed]) -> Mapping[str, str]:
        """The files stand in `collected`, or are gone; one that changed meanwhile stays.

        So does one whose name is no name of a file.
        """
        from asyncssh import Error

        from pipelines.collect.sftp.sftp_client import in_words
        from pipelines.collect.sftp.sftp_files import delete, make_own_folder, move

        async def put_away(sftp: "SFTPClient", file: Listed) -> None:
            path = self._path(file.key)
            if self.after_landing == "delete":
                await delete(sftp, path, file.version)
            else:
                target = self._path(f"{_COLLECTED}/{file.name}")
                await move(sftp, path, target, file.version)

        harmless = [file for file in files if not why_hostile(file.name)]
        try:
            with self._client() as client:
                if harmless and self.after_landing == "move":
                    client.run(lambda sftp: make_own_folder(sftp, self._path(_COLLECTED)))
                return {
                    file.key: in_words(result)
                    for file, result in client.each(harmless, put_away)
                    if isinstance(result, Exception)
                }
        except (SitrepError, Error, OSError) as error:
            return {file.key: in_words(error) for file in harmless}

    def drop(self, home: Path, file: Listed) -> None:
        """The server has the file no more; raises `OSError` where it cannot be deleted.

        Another file that came in its place stays: it is new.
        """
        from asyncssh import SFTPError

        from pipelines.collect.sftp.sftp_client import in_words
        from pipelines.collect.sftp.sftp_files import ChangedMeanwhile, delete

        try:
            with self._client() as client:
                client.run(lambda sftp: delete(sftp, self._path(file.key), file.version))
            # The same bytes under that name are new if they come again.
            taken_memory(home, self.endpoint).forget([file.key])
        except ChangedMeanwhile:
            return
        except (SFTPError, SitrepError, ValueError) as error:
            told = f"it cannot be deleted at {self.endpoint}: {in_words(error)}"
            raise OSError(errno.EIO, told) from None

    def put(self, home: Path, name: str, content: bytes, sent_at: datetime | None = None) -> None:
        """A file of that name is in the folder, whole from its first moment."""
        for why in self._write(self.folder, {name: content}, sent_at).values():
            raise OSError(f"'{name}' cannot be put at {self.endpoint}: {why}")

    def put_answers(self, home: Path, files: Mapping[str, bytes]) -> Mapping[str, str]:
        """The files stand in the folder that `answers` names; name → why one does not."""
        return self._write(self.answers or ".", files, None)

    def check(self, home: Path) -> Iterator[SourceCheck]:
        """Getting in, listing and reading are tried; nothing is changed or taken."""
        from pipelines.collect.sftp.sftp_check import SftpTrial

        with self._client() as client:
            yield from SftpTrial(client, self.folder, self.name_patterns, self.answers).steps()

    def _write(
        self, folder: str, files: Mapping[str, bytes], sent_at: datetime | None
    ) -> Mapping[str, str]:
        """The files stand in the folder; name → why one does not. Raises `SourceUnavailable`."""
        from asyncssh import SFTPError

        from pipelines.collect.sftp.sftp_client import in_words
        from pipelines.collect.sftp.sftp_files import make_folder, write_whole

        async def write(sftp: "SFTPClient", name: str) -> None:
            if hostile := why_hostile(name):
                raise ValueError(hostile)
            await write_whole(sftp, folder, name, files[name], sent_at)

        with self._client() as client:
            try:
                client.run(lambda sftp: make_folder(sftp, folder))
            except (SFTPError, OSError) as error:
                raise SourceUnavailable(
                    f"The folder '{folder}' of {client.access.kept_in} cannot be made "
                    f"({in_words(error)}). Have it made, with the right to write in it."
                ) from None
            return {
                name: in_words(result)
                for name, result in client.each(files, write)
                if isinstance(result, Exception)
            }

    def _path(self, key: str) -> str:
        """The path of a key at the server; raises `ValueError` where it leads out of the folder."""
        if why := why_hostile(key.removeprefix(f"{_COLLECTED}/")):
            raise ValueError(why)
        return f"{self.folder.rstrip('/')}/{key}"

    @contextmanager
    def _client(self) -> Iterator["SftpClient"]:
        """The connection that is open, or one of its own."""
        from pipelines.collect.sftp.sftp_client import SftpClient

        opened = _opened.get()
        if opened is not None and opened.connection == self.connection:
            yield opened
            return
        with SftpClient(self.connection, self.timeout_seconds) as client:
            yield client
