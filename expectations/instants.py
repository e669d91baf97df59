"""Days and times as moments in UTC, which is how a frame of ours holds them."""

from datetime import UTC, date, datetime, time


def to_instant(value: date) -> datetime:
    """The moment of a day, which is its midnight in UTC, or of a time; one without zone is UTC."""
    if not isinstance(value, datetime):
        return datetime.combine(value, time(), UTC)
    return value if value.tzinfo else value.replace(tzinfo=UTC)
