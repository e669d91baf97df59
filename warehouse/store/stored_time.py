"""Instants as the warehouse keeps them."""

from datetime import UTC, datetime


def as_stored(instant: datetime) -> datetime:
    """The instant as the warehouse keeps it: UTC without a zone."""
    if instant.tzinfo is not UTC:
        instant = instant.astimezone(UTC)
    return instant.replace(tzinfo=None)


def from_stored(instant: datetime) -> datetime:
    """The stored instant with its zone, UTC."""
    return instant.replace(tzinfo=UTC)
