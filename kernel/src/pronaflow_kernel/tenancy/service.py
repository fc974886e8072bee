"""Creating workspaces and memberships: the acts that both registration and the plugin `workspaces` need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import bindparam, select

from ..errors import Conflict
from ..ids import new_id
from ..persistence.scope import SCOPE_WORKSPACE
from ..persistence.types import Id
from ..persistence.uow import Row, UnitOfWork
from .events import MEMBER_ADDED, USER_JOINED, WORKSPACE_CREATED
from .models import Membership, Workspace

_MEMBER = select(Membership.__table__).where(
    Membership.workspace_id == SCOPE_WORKSPACE, Membership.user_id == bindparam("user_id", type_=Id())
)


def create_workspace(uow: UnitOfWork, owner_id: str, values: Mapping[str, Any]) -> Row:
    """Create a workspace with its owner as first member, and work in it from here on.

    Arguments:
        values: columns of `Workspace`, at least `name`.
    """
    workspace_id = new_id()
    uow.enter(replace(uow.scope, workspace_id=workspace_id, workspace_role="owner"))
    row = uow.insert(Workspace, {"id": workspace_id, "owner_id": owner_id, **values})
    uow.publish(WORKSPACE_CREATED, workspace_id, {"workspace_id": workspace_id, "name": row["name"]})
    add_member(uow, owner_id, "owner")
    return row


def add_member(uow: UnitOfWork, user_id: str, role: str) -> Row:
    """Make a user a member of the scope's workspace; somebody who left comes back.

    Raises:
        Conflict: the user is a member already (modules.md 2.3 rule 7).
    """
    found = uow.one(_MEMBER, user_id=user_id)
    if found is not None and found["is_active"]:
        raise Conflict("The user is a member already", details={"user_id": user_id})
    values = {"role": role, "is_active": True, "joined_at": uow.now, "left_at": None}
    if found is None:
        row = uow.insert(Membership, {"user_id": user_id, **values})
    else:
        row = uow.update(Membership, found, values).row
    payload = {"workspace_id": row["workspace_id"], "user_id": user_id, "role": role}
    uow.publish(MEMBER_ADDED, user_id, payload)
    uow.publish(USER_JOINED, user_id, payload)
    return row
