"""What a signed cookie remembers of somebody: user, roles, and until when."""

from collections.abc import MutableMapping
from typing import Any

from dashboard.access.visitor import Visitor
from pipelines.base.clock import now

Session = MutableMapping[str, Any]


def remember(session: Session, visitor: Visitor, hours: float) -> None:
    """The session is the visitor's for that long, and holds nothing else."""
    session.clear()
    until = now().timestamp() + hours * 3600
    session.update(user=visitor.user, roles=sorted(visitor.roles), until=until)


def remembered(session: Session) -> Visitor | None:
    """Who the session is of; None where it is nobody's, or is over."""
    if "user" not in session or session.get("until", 0) <= now().timestamp():
        return None
    return Visitor(session["user"], frozenset(session["roles"]))
