"""The kind `mesh`: messages of a mailbox of NHS MESH, and answers that go back as messages.

A mailbox is shared: the feeds of all collections that name its connection are served by one poll.
The workflow id of a message and the mailbox of its sender pick the feed.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from pydantic import Field, field_validator, model_validator

from pipelines.base.connections import NAME_PATTERN, find_connection
from pipelines.base.errors import ConfigurationError
from pipelines.collect.checks import SourceCheck
from pipelines.collect.file_store import Fetched, FileStore, Listed, Unread
from pipelines.registry.feed import Feed
from pipelines.registry.registry import Registry
from pipelines.registry.source import sources

if TYPE_CHECKING:
    from pipelines.collect.mesh.mailbox_poll import OpenMailbox
    from pipelines.collect.mesh.mesh_calls import MailboxCalls
    from pipelines.collect.owed_answers import OwedDocument
    from pipelines.landing.landing import Manifest

_SCHEME = "mesh://"
_NOBODY = "-"


@sources.register
class MeshSource(FileStore):
    """A mailbox of MESH, of which a feed has the messages of one workflow and one sender."""

    # A mailbox has answers of several workflows, each for its own senders.
    shared_fields: ClassVar[tuple[str, ...]] = ()

    kind: Literal["mesh"]
    connection: str = Field(
        pattern=NAME_PATTERN,
        description="Name of the mailbox's connection: host, mailbox id (login), password, and "
        "`shared_key` in the extra. AIRFLOW_CONN_<NAME>, or Airflow's own.",
    )
    workflow_id: str = Field(min_length=1, description="Workflow id of the feed's messages.")
    sender: str = Field(
        min_length=1, description="Id of the mailbox that sends the feed, and gets its answers."
    )
    pattern: str = Field(
        default="",
        description="Pattern of the messages' file names, matched without regard to case; default: "
        "any name.",
    )
    endpoint: str = Field(
        default="", description="Made from the connection: all feeds that name it share a mailbox."
    )
    poll_minutes: float = Field(
        default=5.0,
        ge=0,
        le=24 * 60,
        description="Least minutes between two polls; of the feeds of a mailbox the least counts. "
        "MESH asks for 5 or more.",
    )
    sender_connection: str | None = Field(
        default=None,
        pattern=NAME_PATTERN,
        description="Connection of the sender's own mailbox, by which simulations send.",
    )

    @field_validator("sender")
    @classmethod
    def _is_id_of_a_mailbox(cls, sender: str) -> str:
        if not sender.isascii() or not sender.isprintable() or set(sender) & set(" /:@"):
            raise ValueError("the id of a mailbox, as in X26OT123")
        return sender.upper()

    @field_validator("workflow_id", "answers")
    @classmethod
    def _is_workflow_id(cls, told: str | None) -> str | None:
        if told is not None and (not told.isascii() or not told.isprintable() or " " in told):
            raise ValueError("a workflow id, as in UEC_ACUTE_RT")
        return told

    @model_validator(mode="before")
    @classmethod
    def _has_endpoint_of_its_connection(cls, content: Any) -> Any:
        if not isinstance(content, dict):
            return content
        made = f"{_SCHEME}{content.get('connection')}"
        if content.get("endpoint", made) != made:
            raise ValueError("endpoint: it is made from the connection; leave it out")
        return {**content, "endpoint": made}

    @classmethod
    def at(cls, endpoint: str) -> Self | None:
        """The mailbox; None where the endpoint is none of MESH."""
        name = endpoint.removeprefix(_SCHEME)
        if name == endpoint:
            return None
        return cls(kind="mesh", connection=name, workflow_id=_NOBODY, sender=_NOBODY)

    def expects(self, feed: Feed, file: Listed) -> bool:
        """Whether workflow id and sender are the feed's, and the name where it says one."""
        from pipelines.collect.mesh.mailbox_poll import origin_of

        source = feed.source
        if not isinstance(source, MeshSource):
            return False
        is_its_own = file.origin == origin_of(source.sender, source.workflow_id)
        return is_its_own and (not source.pattern or feed.matches(file.name))

    def collect(
        self, home: Path, feeds: Sequence[Feed], registry: Registry, since: datetime | None
    ) -> int:
        """The messages of the mailbox have landed for their feeds; the number of deliveries.

        Nothing is done, and 0 is the number, where the last poll is too short a time ago.
        """
        from pipelines.collect.mesh.mailbox_poll import is_due, take_all

        own = [feed.source.poll_minutes for feed in feeds if isinstance(feed.source, MeshSource)]
        if not is_due(home, self.endpoint, min(own, default=self.poll_minutes)):
            return 0
        with self._open(home) as mailbox:
            return take_all(home, mailbox, feeds, is_held=bool(registry.problems))

    def list(self, home: Path) -> Sequence[Listed]:
        """The messages that wait and have not landed; a look, which is no poll."""
        with self._open(home) as mailbox:
            return mailbox.listed()

    def read(self, home: Path, files: Iterable[Listed]) -> Iterator[Fetched | Unread]:
        """The messages with their contents, or why they cannot be had; those gone are left out."""
        with self._open(home) as mailbox:
            yield from mailbox.fetch(files)

    def done(self, home: Path, file: Listed) -> None:
        """The message is acknowledged, or is by the next poll; it is not landed again."""
        with self._open(home) as mailbox:
            mailbox.done_all(home, [file])

    def hold(self, home: Path, file: Fetched, taken_by: Sequence[str]) -> None:
        """The message stays in the mailbox, for five days at most, for other feeds to come."""
        with self._open(home) as mailbox:
            mailbox.hold(home, file, taken_by)

    def kept(self, home: Path) -> Sequence[Listed]:
        """The messages that have landed and are not acknowledged yet."""
        from pipelines.collect.taken import taken_memory

        taken = taken_memory(home, self.endpoint).taken()
        return [Listed(key, key, 0, version=one.version) for key, one in taken.items()]

    def drop(self, home: Path, file: Listed) -> None:
        """The mailbox has the message no more."""
        with self._open(home) as mailbox:
            mailbox.drop(home, file)

    def drop_copies(self, home: Path, manifests: Sequence["Manifest"]) -> int:
        """The mailbox has no message with the deliveries' bytes; the number of those it had.

        A message that was acknowledged is gone already, so that MESH is asked only where one is
        remembered that was not.
        """
        hashes = {one.sha256 for one in manifests}
        if not any(one.version.partition("-")[0] in hashes for one in self.kept(home)):
            return 0
        with self._open(home) as mailbox:
            return mailbox.drop_copies(home, manifests)

    def put(self, home: Path, name: str, content: bytes, sent_at: datetime | None = None) -> None:
        """The message is in the mailbox, as the feed's sender would have sent it; for simulations.

        MESH gives it the time of now. Raises `ConfigurationError` without the sender's connection.
        """
        if self.sender_connection is None:
            raise ConfigurationError(
                f"The feed of '{self.sender}' in {self.endpoint} has no `sender_connection`, by "
                "which a simulation sends. Put one into the feed's file."
            )
        recipient = find_connection(self.connection).login
        with self._calls(self.sender_connection) as calls:
            calls.send(recipient, self.workflow_id, content, filename=name)

    @property
    def sent_again(self) -> str:
        """It is a new message of the same workflow."""
        return f"Send it as a new message of workflow {self.workflow_id} to {self.endpoint}"

    def put_answers(self, home: Path, files: Mapping[str, bytes]) -> Mapping[str, str]:
        """Each file is a message to the sender, of the workflow that `answers` names."""
        from pipelines.collect.mesh.mesh_faults import MessageRefused

        failed = {}
        with self._calls(self.connection) as calls:
            for name, content in files.items():
                try:
                    calls.send(self.sender, self.answers or "", content, filename=name)
                except MessageRefused as error:
                    failed[name] = str(error)
        return failed

    def give_back(
        self, home: Path, owed: Sequence["OwedDocument"]
    ) -> Iterator[tuple["OwedDocument", str]]:
        """Each is a message to the sender; its subject is the id of the submission or letter.

        An answer goes as JSON, without its page for people; a letter goes as a page. One that is
        sent again has the local id of the first.
        """
        from pipelines.collect.mesh.mesh_faults import MessageRefused

        if not owed:
            return
        with self._calls(self.connection) as calls:
            for one in owed:
                name, content = next(iter(one.files.items()))
                told = {"filename": name, "subject": one.submission_id}
                told["local_id"] = f"{one.submission_id}.{one.attempt}"
                try:
                    calls.send(self.sender, self.answers or "", content, **told)
                except MessageRefused as error:
                    yield one, str(error)
                else:
                    yield one, ""

    def check(self, home: Path) -> Iterator[SourceCheck]:
        """The mailbox is tried step by step; nothing is acknowledged, and it is no poll."""
        from pipelines.collect.mesh.mesh_check import check_mailbox

        return check_mailbox(home, self)

    @contextmanager
    def _open(self, home: Path) -> Iterator["OpenMailbox"]:
        from pipelines.collect.mesh.mailbox_poll import OpenMailbox

        with self._calls(self.connection) as calls:
            yield OpenMailbox(home, self.endpoint, calls, self.expects)

    @contextmanager
    def _calls(self, connection: str) -> Iterator["MailboxCalls"]:
        from pipelines.collect.mesh.mesh_calls import MailboxCalls

        with MailboxCalls(find_connection(connection)) as calls:
            yield calls
