"""Somebody who is signed in, and which roles the groups of an organisation give."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator

from pipelines.base.yamlfile import Strict, read_model

CONTROL_ROOM = "control_room"
_TRUST = re.compile(r"trust:([A-Z0-9]{3,12})")
_MOST_OF_A_NAME = 255


@dataclass(frozen=True)
class Visitor:
    """Who asks, as the sign-in names them, and their roles."""

    user: str
    roles: frozenset[str]

    @property
    def sees_all(self) -> bool:
        """Whether it is somebody of the control room."""
        return CONTROL_ROOM in self.roles

    @property
    def organisations(self) -> frozenset[str]:
        """Codes of the trusts, services or contract areas that they are of."""
        found = (_TRUST.fullmatch(role) for role in self.roles)
        return frozenset(one[1] for one in found if one)


def _is_role(told: str) -> str:
    if told != CONTROL_ROOM and not _TRUST.fullmatch(told):
        raise ValueError(f"is no role; write {CONTROL_ROOM} or trust:<code> (it is '{told}')")
    return told


def _as_list(told: Any) -> Any:
    return [told] if isinstance(told, str) else told


_Roles = Annotated[tuple[Annotated[str, AfterValidator(_is_role)], ...], BeforeValidator(_as_list)]


class RoleMap(Strict):
    """The file that `SITREP_DASHBOARD_ROLES_FILE` names: a group, and its role or roles."""

    groups: Mapping[str, _Roles]

    def visitor(self, user: str, groups: Iterable[str]) -> Visitor:
        """The user with all roles of these groups; a group that is not named gives none."""
        roles = (role for group in groups for role in self.groups.get(group, ()))
        return Visitor(user[:_MOST_OF_A_NAME], frozenset(roles))


def read_roles(file: Path) -> RoleMap:
    """The file's roles; raises `ConfigurationError` with file and line."""
    return read_model(file, RoleMap)
