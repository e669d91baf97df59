"""Getting in at an SFTP server: what the connection says, and in words why one is not let in.

Only the host keys of the connection are trusted, and only its own password and key are shown:
neither the configuration of this machine's SSH, its agent, nor its keys are read.
"""

import asyncio
import logging
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import asyncssh
import tenacity

from pipelines.base.connections import Connection, find_connection, variable
from pipelines.base.errors import ConfigurationError, SourceUnavailable
from pipelines.base.outgoing import one_line
from pipelines.collect.checks import Step

_PORT = 22
_TRIES = 3
_PAUSE_SECONDS = 0.3
_LONGEST_PAUSE_SECONDS = 3.0
_FAST_CIPHERS = "^aes128-gcm@openssh.com,aes256-gcm@openssh.com"
"""Before the others, of which the first costs Python twice as much for each packet."""
_KEY_TYPES = ("ssh-", "ecdsa-", "sk-")
_RARE = "Ask its provider which way of signing in is open to this login."

# Its own lines tell of each channel; what is wrong is told by our errors.
asyncssh.set_log_level(logging.ERROR)


class NotLetIn(SourceUnavailable):
    """The server cannot be reached, or does not let us in."""

    def __init__(self, step: Step, told: str, *, may_heal: bool = False) -> None:
        super().__init__(told)
        self.step = step
        """What of getting in failed."""
        self.may_heal = may_heal
        """Whether the same try a moment later may get in."""


@dataclass(frozen=True, slots=True)
class SftpAccess:
    """All that is needed to get in."""

    connection: str
    host: str
    port: int
    login: str
    host_keys: tuple[asyncssh.SSHKey, ...] = field(repr=False)
    password: str = field(repr=False)
    key: asyncssh.SSHKey | None = field(repr=False)

    @property
    def place(self) -> str:
        """The server, as it is told."""
        return f"{self.host}:{self.port}"

    @property
    def shown(self) -> str:
        """What is shown in order to sign in."""
        shown = ["password"] if self.password else []
        return " and ".join(shown if self.key is None else [*shown, "private_key"])

    @property
    def kept_in(self) -> str:
        """Where the connection is changed."""
        return f"the connection '{self.connection}' ({variable(self.connection)})"


def find_access(name: str) -> SftpAccess:
    """What the connection says; raises `ConfigurationError` where it does not say enough."""
    found = find_connection(name)
    for word, value in (("host", found.host), ("login", found.login)):
        if not value:
            raise ConfigurationError(
                f"The connection '{name}' has no {word}: put it into {variable(name)}, or into "
                "Airflow's connection."
            )
    access = SftpAccess(
        name,
        found.host,
        found.port or _PORT,
        found.login,
        _host_keys_of(found),
        found.password,
        _private_key_of(found),
    )
    if not access.shown:
        raise ConfigurationError(
            f"The connection '{name}' has neither a password nor 'private_key' in its extra: put "
            f"one of them into {variable(name)}, or into Airflow's connection."
        )
    return access


async def get_in(
    access: SftpAccess, seconds: float
) -> tuple[asyncssh.SSHClientConnection, asyncssh.SFTPClient]:
    """An open connection and its session of SFTP; raises `NotLetIn`.

    Each try takes `seconds` at most; what may heal is tried three times.
    """
    tries = tenacity.AsyncRetrying(
        stop=tenacity.stop_after_attempt(_TRIES),
        wait=tenacity.wait_exponential_jitter(_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS),
        retry=tenacity.retry_if_exception(lambda error: getattr(error, "may_heal", False)),
        reraise=True,
    )
    return await tries(_get_in_once, access, seconds)


async def _get_in_once(
    access: SftpAccess, seconds: float
) -> tuple[asyncssh.SSHClientConnection, asyncssh.SFTPClient]:
    witness = _Witness()
    connection: asyncssh.SSHClientConnection | None = None
    try:
        async with asyncio.timeout(seconds):
            await asyncio.get_running_loop().getaddrinfo(
                access.host, access.port, type=socket.SOCK_STREAM
            )
            connection = await _connect(access, lambda: witness)
            return connection, await connection.start_sftp_client(path_errors="surrogateescape")
    except (TimeoutError, OSError, asyncssh.Error) as error:
        if connection is not None:
            connection.abort()
        # Without the cause: what was sent may be in it.
        raise _not_let_in(error, access, witness, seconds) from None


def _connect(
    access: SftpAccess, witness: Callable[[], asyncssh.SSHClient]
) -> Awaitable[asyncssh.SSHClientConnection]:
    return asyncssh.connect(
        access.host,
        access.port,
        username=access.login,
        password=access.password or None,
        client_keys=None if access.key is None else [access.key],
        known_hosts=(list(access.host_keys), [], []),
        client_factory=witness,
        config=None,
        agent_path=None,
        agent_forwarding=False,
        gss_host=None,
        x509_trusted_certs=None,
        client_username=access.login,
        compression_algs=["none"],
        encryption_algs=_FAST_CIPHERS,
        keepalive_interval=15,
    )


class _Witness(asyncssh.SSHClient):
    """Sees how far getting in came."""

    def __init__(self) -> None:
        self.shown_key = ""
        self.is_signed_in = False

    def validate_host_public_key(
        self, host: str, addr: str, port: int, key: asyncssh.SSHKey
    ) -> bool:
        """No key is trusted but those of the connection."""
        self.shown_key = f"{key.get_algorithm()} {key.get_fingerprint()}"
        return False

    def auth_completed(self) -> None:
        """The login was accepted."""
        self.is_signed_in = True


def _not_let_in(
    error: Exception, access: SftpAccess, witness: _Witness, seconds: float
) -> NotLetIn:
    """What the error means, and what to do."""
    place, kept_in, said = access.place, access.kept_in, one_line(str(error))
    if isinstance(error, socket.gaierror):
        may_heal = error.errno == socket.EAI_AGAIN
        told = f"The host name '{access.host}' has no address. Correct `host` in {kept_in}."
        return NotLetIn(Step.NAME, told, may_heal=may_heal)
    if isinstance(error, asyncssh.HostKeyNotVerifiable) or "host key" in said.casefold():
        return NotLetIn(Step.CONNECT, _told_of_host_key(access, witness.shown_key))
    if isinstance(error, asyncssh.PermissionDenied):
        told = (
            f"{place} does not let the login '{access.login}' in with its {access.shown}. The "
            f"server does not say which is wrong: correct `login` or {access.shown} in {kept_in}, "
            "or ask its provider whether the login is open and our key is known there."
        )
        return NotLetIn(Step.SIGN_IN, told)
    if witness.is_signed_in:
        told = f"{place} lets the login '{access.login}' in and gives it no SFTP ({said}). {_RARE}"
        return NotLetIn(Step.SIGN_IN, told, may_heal=isinstance(error, TimeoutError))
    if isinstance(error, TimeoutError):
        told = (
            f"{place} gave no answer within {seconds:g} seconds. Check `host` and `port` in "
            f"{kept_in}, and that no firewall stands between."
        )
    elif isinstance(error, ConnectionRefusedError) or "refused" in said.casefold():
        told = (
            f"{place} refuses the connection: no server listens there. Check `port` in {kept_in}, "
            "or ask its provider whether the server runs."
        )
    elif isinstance(error, OSError):
        told = f"{place} cannot be reached ({said}). Check `host` and `port` in {kept_in}."
    else:
        told = (
            f"What listens at {place} broke off before the sign-in, or is no SSH server ({said}). "
            f"Check `port` in {kept_in}."
        )
    return NotLetIn(Step.CONNECT, told, may_heal=True)


def _told_of_host_key(access: SftpAccess, shown_key: str) -> str:
    ours = ", ".join(
        f"{key.get_algorithm()} {key.get_fingerprint()}" for key in access.host_keys[:3]
    )
    theirs = f" ({shown_key})" if shown_key else ", of another type"
    return (
        f"{access.place} shows a host key{theirs} that {access.kept_in} does not have ({ours}). "
        "Either the server's key was changed or is not the one that was handed over, or another "
        "server answers in its place. Ask its provider for the fingerprint by telephone, and "
        "only then put the new key into `host_key`."
    )


def _host_keys_of(found: Connection) -> tuple[asyncssh.SSHKey, ...]:
    told = found.needed(
        "host_key",
        "the server's public key, as in 'ssh-ed25519 AAAA…'; ask its provider, or see "
        "ssh-keyscan and compare the fingerprint with what the provider says",
    )
    lines = [line.strip() for line in told.splitlines()]
    try:
        keys = tuple(_host_key_in(line) for line in lines if line and not line.startswith("#"))
    except (ValueError, asyncssh.Error):
        keys = ()
    if not keys:
        raise ConfigurationError(
            f"The 'host_key' of the connection '{found.name}' ({variable(found.name)}) cannot "
            "be read. It is one or more lines of an OpenSSH public key, as in "
            "'ssh-ed25519 AAAA…', and no fingerprint."
        )
    return keys


def _host_key_in(line: str) -> asyncssh.SSHKey:
    """The key; ssh-keyscan writes the host before it. Raises where there is none."""
    words = line.split()
    begin = next((at for at, word in enumerate(words) if word.startswith(_KEY_TYPES)), 0)
    if line.startswith("@"):
        # A mark, as of a key that is revoked: it says something else of the key than trust.
        raise ValueError
    return asyncssh.import_public_key(" ".join(words[begin : begin + 2]))


def _private_key_of(found: Connection) -> asyncssh.SSHKey | None:
    told = found.text("private_key")
    if not told:
        return None
    passphrase = found.text("private_key_passphrase") or None
    try:
        return asyncssh.import_private_key(f"{told}\n", passphrase)
    except (ValueError, asyncssh.Error):
        raise ConfigurationError(
            f"The 'private_key' of the connection '{found.name}' ({variable(found.name)}) cannot "
            "be read. It is the text of a private key of OpenSSH with its line breaks, and "
            "'private_key_passphrase' stands beside it where the key has one."
        ) from None
