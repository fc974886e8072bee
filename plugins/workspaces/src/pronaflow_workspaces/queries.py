"""The prebuilt statements."""

from __future__ import annotations

from sqlalchemy import and_, bindparam, case, func, or_, select, update

from pronaflow_kernel.api import (
    SCOPE_USER,
    SCOPE_WORKSPACE,
    IdType,
    Listing,
    Membership,
    User,
    UtcDateTime,
    Workspace,
    switched_on,
    unscoped,
)

from .models import Invitation, StoredSettings

_now = bindparam("now", type_=UtcDateTime())
_other = Membership.__table__.alias("other")
_ON = switched_on("workspaces", Workspace.__table__.c.id, scope="system")

# Workspaces

_MINE = unscoped(
    "the caller's own memberships tell which workspaces to list; the other members are only counted",
    select(
        Workspace.__table__,
        Membership.role,
        select(func.count())
        .where(_other.c.workspace_id == Workspace.id, _other.c.is_active)
        .scalar_subquery()
        .label("members_count"),
    )
    .select_from(Workspace)
    .join(Membership, Membership.workspace_id == Workspace.id)
    .where(Membership.user_id == SCOPE_USER, Membership.is_active, Workspace.lifecycle == "active", _ON),
)

WORKSPACES = Listing(
    _MINE,
    id=Workspace.id,
    filters={"id": Workspace.id == bindparam("id", type_=IdType())},
    sorts={
        "name": func.lower(Workspace.name),
        "created_at": Workspace.created_at,
        "updated_at": Workspace.updated_at,
    },
    default="name",
)
"""The caller's workspaces."""

DETAIL = (
    select(
        Workspace.__table__,
        Membership.role,
        select(func.count())
        .where(_other.c.workspace_id == SCOPE_WORKSPACE, _other.c.is_active)
        .scalar_subquery()
        .label("members_count"),
        StoredSettings.data.label("stored"),
    )
    .select_from(Workspace)
    .outerjoin(
        Membership,
        and_(
            Membership.workspace_id == SCOPE_WORKSPACE, Membership.user_id == SCOPE_USER, Membership.is_active
        ),
    )
    .outerjoin(StoredSettings, StoredSettings.workspace_id == SCOPE_WORKSPACE)
    .where(Workspace.id == SCOPE_WORKSPACE, Workspace.lifecycle == "active")
)
"""The scope's workspace as the caller sees it; `role` is NULL for a system admin who is no member."""

RESTORABLE = unscoped(
    "no target leads into a trashed workspace; the caller's role in it is read beside it",
    select(Workspace.__table__, Membership.role)
    .select_from(Workspace)
    .outerjoin(
        Membership,
        and_(Membership.workspace_id == Workspace.id, Membership.user_id == SCOPE_USER, Membership.is_active),
    )
    .where(Workspace.id == bindparam("id", type_=IdType()), _ON),
)
"""A workspace, trashed or not, with the caller's role in it."""

LAST_VISITED = unscoped(
    "the caller alone: where they worked last, if they may still go there",
    select(Workspace.id, Workspace.name, User.last_workspace_at.label("accessed_at"))
    .select_from(User)
    .join(Workspace, Workspace.id == User.last_workspace_id)
    .join(Membership, and_(Membership.workspace_id == Workspace.id, Membership.user_id == User.id))
    .where(User.id == SCOPE_USER, Membership.is_active, Workspace.lifecycle == "active", _ON),
)

# Members

_MEMBERS = (
    select(
        User.id,
        Membership.workspace_id,
        User.username,
        User.email,
        User.full_name,
        Membership.role,
        Membership.joined_at,
        Membership.last_activity,
        Membership.updated_at,
    )
    .select_from(User)
    .join(Membership, Membership.user_id == User.id)
    .where(Membership.workspace_id == SCOPE_WORKSPACE, Membership.is_active)
)

MEMBERS = Listing(
    _MEMBERS,
    id=User.id,
    filters={"role": Membership.role == bindparam("role")},
    sorts={
        "joined_at": Membership.joined_at,
        "username": User.username_norm,
        "full_name": func.lower(func.coalesce(User.full_name, User.username)),
    },
    default="joined_at",
)
"""The members of the scope's workspace."""

MEMBER = _MEMBERS.where(User.id == bindparam("user_id", type_=IdType()))

ACTIVE_USER = select(User.id).where(User.id == bindparam("id", type_=IdType()), User.status == "active")

# Invitations

_status = case(
    (and_(Invitation.status == "pending", Invitation.expires_at <= _now), "expired"), else_=Invitation.status
)
"""The status as it is shown."""

INVITATIONS = Listing(
    select(
        Invitation.id,
        Invitation.workspace_id,
        Invitation.email,
        Invitation.role,
        Invitation.message,
        _status.label("status"),
        Invitation.invited_by,
        Invitation.created_at,
        Invitation.expires_at,
        Invitation.accepted_at,
    ).where(Invitation.workspace_id == SCOPE_WORKSPACE),
    id=Invitation.id,
    filters={"status": _status == bindparam("status")},
    sorts={
        "created_at": Invitation.created_at,
        "expires_at": Invitation.expires_at,
        "email": Invitation.email_norm,
    },
    default="-created_at",
)
"""The invitations of the scope's workspace."""

BY_TOKEN = unscoped(
    "whoever holds the token learns which workspace it opens, and who invites",
    select(Invitation.__table__, Workspace.name.label("workspace_name"), User.username.label("inviter"))
    .select_from(Invitation)
    .join(Workspace, Workspace.id == Invitation.workspace_id)
    .outerjoin(User, User.id == Invitation.invited_by)
    .where(Invitation.token_hash == bindparam("digest"), Workspace.lifecycle == "active", _ON),
)

THROUGH_THE_LINK = unscoped(
    "a new account joins the workspaces whose invitations brought it here",
    select(Invitation.__table__)
    .join(User, User.email_norm == Invitation.email_norm)
    .join(Workspace, Workspace.id == Invitation.workspace_id)
    .where(
        User.id == bindparam("user_id", type_=IdType()),
        User.email_verified_at.is_not(None),
        User.created_at >= Invitation.opened_at,
        Invitation.status == "pending",
        Invitation.expires_at > _now,
        Workspace.lifecycle == "active",
        _ON,
    )
    .order_by(Invitation.id),
)
"""Open invitations to the proved address of a user who registered after following their links."""

ADDRESSEES = (
    select(User.id, User.email_norm, Membership.user_id.label("member_id"))
    .select_from(User)
    .outerjoin(
        Membership,
        and_(Membership.workspace_id == SCOPE_WORKSPACE, Membership.user_id == User.id, Membership.is_active),
    )
    .where(User.email_norm.in_(bindparam("addresses", expanding=True)))
)
"""The accounts behind addresses; `member_id` is NULL for those outside the scope's workspace."""

_pending_here = (Invitation.workspace_id == SCOPE_WORKSPACE, Invitation.status == "pending")
_close = {
    "status": case((Invitation.expires_at <= _now, "expired"), else_="cancelled"),
    "updated_at": _now,
    "version": Invitation.version + 1,
}

CLOSE_FORMER = (
    update(Invitation)
    .where(*_pending_here, Invitation.email_norm.in_(bindparam("addresses", expanding=True)))
    .values(_close)
)
"""End the invitations that new ones replace."""

CLOSE_OF_MEMBER = (
    update(Invitation)
    .where(
        *_pending_here,
        or_(
            Invitation.invited_by == bindparam("user_id", type_=IdType()),
            Invitation.email_norm
            == select(User.email_norm)
            .where(User.id == bindparam("user_id", type_=IdType()))
            .scalar_subquery(),
        ),
    )
    .values(_close)
)
"""End what would let somebody back in after a removal: the invitations to them and by them."""

# Settings

STORED_SETTINGS = select(StoredSettings.__table__).where(StoredSettings.workspace_id == SCOPE_WORKSPACE)
