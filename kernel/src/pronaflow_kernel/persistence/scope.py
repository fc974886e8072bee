"""For whom and inside which workspace statements run.

A `Scope` travels with every `Reader` and `UnitOfWork`. The module-level binds below are filled from it
and from nothing else, so that no caller can name another tenant's workspace in a prebuilt statement.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import String, bindparam

from ..access.principal import Principal
from .types import Id

SCOPE_WORKSPACE = bindparam("scope_workspace", type_=Id())
"""The workspace of the request; compare a tenant table's `workspace_id` with it."""

SCOPE_USER = bindparam("scope_user", type_=Id())
"""The user behind the request; NULL for the system."""

SCOPE_ROLE = bindparam("scope_role", type_=String())
"""The caller's role in the workspace: owner, admin, member, viewer; NULL outside one."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Who acts, and where.

    Arguments:
        principal: who acts.
        workspace_id: the workspace all tenant statements are pinned to; None outside one.
        workspace_role: the principal's role there; "owner" for the system.
        container_roles: what `Access.role` was asked already, by container.
        archived: so with `Access`: the resource type of containers in the archive, None for the others.
    """

    principal: Principal
    workspace_id: str | None = None
    workspace_role: str | None = None
    container_roles: dict[str, str | None] = field(default_factory=dict, compare=False)
    archived: dict[str, str | None] = field(default_factory=dict, compare=False)

    @classmethod
    def system(cls, workspace_id: str | None = None) -> Scope:
        """The scope of work that no user asked for: schedules, migrations of data, the command line."""
        return cls(Principal.system(), workspace_id, "owner")

    @classmethod
    def nobody(cls) -> Scope:
        """The scope of whoever sends no credential, outside every workspace."""
        return cls(Principal.anonymous())

    def binds(self) -> dict[str, str | None]:
        """Values of the scope binds."""
        return {
            "scope_workspace": self.workspace_id,
            "scope_user": self.principal.user_id,
            "scope_role": self.workspace_role,
        }
