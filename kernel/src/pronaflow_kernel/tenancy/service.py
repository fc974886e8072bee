"""What can be done to workspaces and memberships, whoever asks for it: registration, commands, plugins.

Whether the caller may do it is decided by `authorize` and the plugin `workspaces`. What holds whoever asks is
decided here: a user is a member once, and a workspace always has an owner (modules.md 2.3).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import bindparam, select, update

from ..attribution import CURRENT_PLUGIN, as_kernel
from ..errors import Conflict, Forbidden, NotFound
from ..events.types import EventType
from ..identity.models import User
from ..ids import new_id
from ..persistence.scope import SCOPE_USER, SCOPE_WORKSPACE
from ..persistence.types import Id, UtcDateTime
from ..persistence.uow import Reader, Row, UnitOfWork
from ..records.lifecycle import RETENTION
from .events import (
    MEMBER_ADDED,
    MEMBER_REMOVED,
    MEMBER_UPDATED,
    USER_JOINED,
    WORKSPACE_CREATED,
    WORKSPACE_DELETED,
    WORKSPACE_RESTORED,
    WORKSPACE_UPDATED,
)
from .models import Membership, Workspace

_MEMBER = select(Membership.__table__).where(
    Membership.workspace_id == SCOPE_WORKSPACE, Membership.user_id == bindparam("user_id", type_=Id())
)
_OTHER_OWNER = (
    select(Membership.user_id)
    .join(User, User.id == Membership.user_id)
    .where(
        Membership.workspace_id == SCOPE_WORKSPACE,
        Membership.user_id != bindparam("user_id", type_=Id()),
        Membership.role == "owner",
        Membership.is_active,
        User.status == "active",
    )
    .order_by(Membership.joined_at, Membership.user_id)
    .limit(1)
)
_MOMENT = bindparam("moment", type_=UtcDateTime())
_VISIT = (
    update(User)
    .where(User.id == SCOPE_USER)
    .values(last_workspace_id=SCOPE_WORKSPACE, last_workspace_at=_MOMENT)
)
_VISITED = (
    update(Membership)
    .where(Membership.workspace_id == SCOPE_WORKSPACE, Membership.user_id == SCOPE_USER)
    .values(last_activity=_MOMENT)
)


def enter(uow: UnitOfWork, workspace_id: str, role: str | None) -> None:
    """Work from here on in a workspace that the request did not name.

    Arguments:
        role: the caller's there; None for somebody who is no member.

    Raises:
        Forbidden: the credential is bound to another workspace.
        NotFound: the plugin that asks is switched off there.
    """
    plugin_id = CURRENT_PLUGIN.get()
    if plugin_id is not None and not uow.is_on(plugin_id, workspace_id):
        raise NotFound
    bound = uow.scope.principal.workspace_id
    if bound is not None and bound != workspace_id:
        raise Forbidden("The token is bound to another workspace")
    uow.enter(replace(uow.scope, workspace_id=workspace_id, workspace_role=role, container_roles={}))


@as_kernel
def create_workspace(uow: UnitOfWork, owner_id: str, values: Mapping[str, Any]) -> Row:
    """Create a workspace with its owner as first member, and work in it from here on.

    Arguments:
        values: columns of `Workspace`, at least `name`.

    Raises:
        Forbidden: the credential is bound to a workspace.
    """
    workspace_id = new_id()
    enter(uow, workspace_id, "owner")
    row = uow.insert(Workspace, {"id": workspace_id, "owner_id": owner_id, **values})
    _tell(uow, WORKSPACE_CREATED, row)
    add_member(uow, owner_id, "owner")
    return row


@as_kernel
def update_workspace(uow: UnitOfWork, workspace: Row, changes: Mapping[str, Any]) -> Row:
    """Change columns of the scope's workspace; the answer is the row as it is now.

    Arguments:
        workspace: the row as loaded.

    Raises:
        StaleRow: it changed meanwhile.
    """
    changed = uow.update(Workspace, workspace, changes)
    if changed.changes:
        _tell(uow, WORKSPACE_UPDATED, changed.row, changed.changes)
    return changed.row


@as_kernel
def trash_workspace(uow: UnitOfWork, workspace: Row) -> Row:
    """Move the scope's workspace to the trash: it and all that is in it answers 404 from now on.

    Nothing in it is rewritten; members keep their rows, so that `restore_workspace` brings everything back.
    """
    row = uow.update(Workspace, workspace, {"lifecycle": "trashed", "trashed_at": uow.now}).row
    _tell(uow, WORKSPACE_DELETED, row)
    return row


@as_kernel
def restore_workspace(uow: UnitOfWork, workspace: Row) -> Row:
    """Bring the scope's workspace back from the trash.

    Raises:
        Conflict: it is not in the trash.
        NotFound: it was there for longer than 30 days (modules.md 2.3 rule 3), purged or not.
    """
    if workspace["lifecycle"] != "trashed":
        raise Conflict("The workspace is not in the trash")
    if workspace["trashed_at"] + RETENTION <= uow.now:
        raise NotFound(f"Workspace {workspace['id']} was not found")
    row = uow.update(Workspace, workspace, {"lifecycle": "active", "trashed_at": None}).row
    _tell(uow, WORKSPACE_RESTORED, row)
    return row


@as_kernel
def purge_workspace(uow: UnitOfWork, workspace: Row) -> None:
    """Delete the scope's workspace for good, with all that is in it.

    Raises:
        StaleRow: it changed meanwhile.
    """
    uow.remove(Workspace, workspace)


@as_kernel
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
    uow.publish(MEMBER_ADDED, user_id, _payload(row))
    uow.publish(USER_JOINED, user_id, _payload(row))
    return row


@as_kernel
def member(reader: Reader, user_id: str) -> Row:
    """The membership of a user in the scope's workspace.

    Raises:
        NotFound: there is none, or the user has left.
    """
    found = reader.one(_MEMBER, user_id=user_id)
    if found is None or not found["is_active"]:
        raise NotFound(f"Member {user_id} was not found")
    return found


@as_kernel
def change_role(uow: UnitOfWork, membership: Row, role: str) -> Row:
    """Give a member another role; the answer is the membership as it is now.

    Arguments:
        membership: from `member`.

    Raises:
        Conflict: nobody else owns the workspace (modules.md 2.3 rule 2).
        StaleRow: the membership changed meanwhile.
    """
    if membership["role"] == "owner" and role != "owner":
        _give_up_ownership(uow, membership["user_id"])
    changed = uow.update(Membership, membership, {"role": role})
    if changed.changes:
        uow.publish(MEMBER_UPDATED, membership["user_id"], _payload(changed.row), changes=changed.changes)
    return changed.row


@as_kernel
def remove_member(uow: UnitOfWork, membership: Row, *, reassign_to: str | None = None) -> Row:
    """End a membership; it gives no access from the next request on.

    Arguments:
        membership: from `member`.
        reassign_to: the member who takes over what this one was assigned to; carried by the event.

    Raises:
        Conflict: nobody else owns the workspace (modules.md 2.3 rule 2).
        StaleRow: the membership changed meanwhile.
    """
    if membership["role"] == "owner":
        _give_up_ownership(uow, membership["user_id"])
    row = uow.update(Membership, membership, {"is_active": False, "left_at": uow.now}).row
    uow.publish(MEMBER_REMOVED, membership["user_id"], {**_payload(row), "reassign_to": reassign_to})
    return row


@as_kernel
def transfer_ownership(uow: UnitOfWork, heir_id: str) -> Row:
    """Make another member the owner and the caller an admin; the answer is the heir's membership.

    Raises:
        NotFound: the heir is not a member.
        Forbidden: the caller is no owner any more.
        Conflict: the heir cannot own a workspace, since the account is not active.
    """
    workspace = _locked(uow)
    giver = member(uow, str(uow.scope.principal.user_id))
    if giver["role"] != "owner":
        raise Forbidden("Only an owner can hand the workspace over")
    heir = change_role(uow, member(uow, heir_id), "owner")
    update_workspace(uow, workspace, {"owner_id": heir_id})
    change_role(uow, giver, "admin")
    return heir


@as_kernel
def note_visit(uow: UnitOfWork) -> None:
    """Remember that the caller works in the scope's workspace now; it is where they start next time."""
    uow.execute(_VISIT, moment=uow.now)
    uow.execute(_VISITED, moment=uow.now)


@as_kernel
def is_member(reader: Reader, user_id: str) -> bool:
    """Whether a user is an active member of the scope's workspace."""
    found = reader.one(_MEMBER, user_id=user_id)
    return found is not None and bool(found["is_active"])


def _give_up_ownership(uow: UnitOfWork, user_id: str) -> None:
    """Let a user stop being an owner, if another one is left; who is shown as the owner may change.

    The lock makes two owners who leave at once do so one after the other, so that the second finds out.

    Raises:
        Conflict: there is no other owner whose account is active.
    """
    workspace = _locked(uow)
    heir_id = uow.value(_OTHER_OWNER, user_id=user_id)
    if heir_id is None:
        message = "A workspace needs an owner: hand it over first"
        raise Conflict(message, details={"reason": "last_owner"})
    if workspace["owner_id"] == user_id:
        update_workspace(uow, workspace, {"owner_id": heir_id})


def _locked(uow: UnitOfWork) -> Row:
    """The scope's workspace, held against everybody else who changes its owners."""
    return uow.get(Workspace, str(uow.scope.workspace_id), lock=True)


def _tell(
    uow: UnitOfWork, event: EventType, workspace: Row, changes: Mapping[str, Any] | None = None
) -> None:
    payload = {"workspace_id": workspace["id"], "name": workspace["name"]}
    uow.publish(event, workspace["id"], payload, changes=changes)


def _payload(membership: Row) -> Row:
    return {name: membership[name] for name in ("workspace_id", "user_id", "role")}
