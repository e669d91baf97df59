"""A token: what a provider has of it, and what is kept of it here.

    uec_<id>_<secret>

The id is no secret and names the token in lists and logs. The secret has 256 random bits, so that
its plain SHA-256 tells nothing; nothing else of it is kept.
"""

import hashlib
import re
import secrets
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

import msgspec

_SECRET_BYTES = 32
_ID_BYTES = 4
_FORM = re.compile(r"uec_([0-9a-f]{8})_[A-Za-z0-9_-]{43}")


class TokenState(StrEnum):
    """Whether a token opens anything."""

    USABLE = "usable"
    ENDED = "ended"
    REVOKED = "revoked"


Instant = Annotated[datetime, msgspec.Meta(tz=True)]


class PushToken(msgspec.Struct, frozen=True):
    """A token as it is kept."""

    token_id: str
    sha256: str
    """Of the whole token."""
    feeds: tuple[str, ...]
    """The feeds that it may send for."""
    created_at: Instant
    until: Instant
    """From then on it opens nothing."""
    note: str = ""
    revoked_at: Instant | None = None
    replaced_by: str | None = None
    """Id of the token that was made in its place."""

    def state(self, moment: datetime) -> TokenState:
        """Whether it can be used at that time."""
        if self.revoked_at is not None:
            return TokenState.REVOKED
        return TokenState.USABLE if moment < self.until else TokenState.ENDED


def new_secret() -> tuple[str, str]:
    """The id of a new token, and the token itself."""
    token_id = secrets.token_hex(_ID_BYTES)
    return token_id, f"uec_{token_id}_{secrets.token_urlsafe(_SECRET_BYTES)}"


def hash_of_token(token: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def id_in(token: str) -> str | None:
    """The id that the token names; None where it has not the form of one."""
    found = _FORM.fullmatch(token)
    return found[1] if found else None


def a_year_after(moment: datetime) -> datetime:
    """The same day of the next year; of 29 February, the 28th."""
    day = moment.replace(day=28) if (moment.month, moment.day) == (2, 29) else moment
    return day.replace(year=day.year + 1).astimezone(UTC)
