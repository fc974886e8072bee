"""On whose behalf, and in which workspace, an import runs."""

from __future__ import annotations

from sqlalchemy import bindparam, func, or_, select

from pronaflow_kernel.api import (
    Context,
    IdType,
    Membership,
    Principal,
    Reader,
    Row,
    Scope,
    User,
    Workspace,
    unscoped,
)

_USER = select(User.id, User.username, User.email).where(User.username_norm == func.lower(bindparam("name")))
_FIRST_ADMIN = (
    select(User.id, User.username, User.email)
    .where(User.is_system_admin, User.status == "active")
    .order_by(User.created_at)
    .limit(1)
)
_MEMBERSHIPS = unscoped(
    "the operator names a workspace, or takes the user's first one",
    select(Membership.workspace_id, Membership.role, Membership.joined_at)
    .join(Workspace, Workspace.id == Membership.workspace_id)
    .where(
        Membership.user_id == bindparam("user_id", type_=IdType()),
        Membership.is_active,
        Workspace.lifecycle == "active",
        or_(bindparam("any") == True, Membership.workspace_id == bindparam("id", type_=IdType())),  # noqa: E712
    )
    .order_by(Membership.joined_at)
    .limit(1),
)


def first_admin(reader: Reader) -> Row | None:
    """The administrator who was there first: id, username and email."""
    return reader.one(_FIRST_ADMIN)


def acting_as(ctx: Context, username: str | None, workspace_id: str | None) -> Scope:
    """The scope of an import.

    Arguments:
        username: the user; None is the first administrator.
        workspace_id: one of the user's workspaces; None is the first one.

    Raises:
        LookupError: there is no such user or membership; the message says what to do.
    """
    with ctx.db.read(Scope.system()) as reader:
        user = reader.one(_USER, name=username) if username else first_admin(reader)
        if user is None:
            who = f"user {username}" if username else "administrator"
            raise LookupError(
                f"there is no {who}: create one with `pronaflow admin create`, or name one with --user"
            )
        found = reader.one(_MEMBERSHIPS, user_id=user["id"], any=workspace_id is None, id=workspace_id)
    if found is None:
        where = f"the workspace {workspace_id}" if workspace_id else "any workspace"
        raise LookupError(f"{user['username']} is not a member of {where}")
    principal = Principal("user", user_id=user["id"], username=user["username"], email=user["email"])
    return Scope(principal, found["workspace_id"], found["role"])
