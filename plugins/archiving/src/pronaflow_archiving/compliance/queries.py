"""What a compliance report counts, each in one workspace."""

from __future__ import annotations

from sqlalchemy import bindparam, func, select

from pronaflow_kernel.api import (
    SCOPE_USER,
    SCOPE_WORKSPACE,
    ArchiveEntry,
    Membership,
    TrashItem,
    User,
    UtcDateTime,
    Workspace,
    unscoped,
)

from ..audit.service import MANAGERS

_START = bindparam("start", type_=UtcDateTime())
_END = bindparam("end", type_=UtcDateTime())

MANAGED = unscoped(
    "a report covers all workspaces that its caller runs",
    select(Workspace.id, Workspace.name, Membership.role)
    .join(Membership, Membership.workspace_id == Workspace.id)
    .where(
        Membership.user_id == SCOPE_USER,
        Membership.is_active,
        Membership.role.in_(MANAGERS),
        Workspace.lifecycle == "active",
    )
    .order_by(Workspace.name, Workspace.id),
)
"""`id, name, role` of the workspaces that the caller runs."""

NAMES = select(User.id, User.username).where(User.id.in_(bindparam("ids", expanding=True)))

IN_TRASH = (
    select(TrashItem.resource_type, func.count().label("count"))
    .where(
        TrashItem.workspace_id == SCOPE_WORKSPACE,
        TrashItem.deleted_at >= _START,
        TrashItem.deleted_at < _END,
    )
    .group_by(TrashItem.resource_type)
    .order_by(TrashItem.resource_type)
)
"""What was put into the trash in the span and lies there still."""

ARCHIVED = (
    select(ArchiveEntry.resource_type, ArchiveEntry.action, func.count().label("count"))
    .where(
        ArchiveEntry.workspace_id == SCOPE_WORKSPACE,
        ArchiveEntry.at >= _START,
        ArchiveEntry.at < _END,
    )
    .group_by(ArchiveEntry.resource_type, ArchiveEntry.action)
    .order_by(ArchiveEntry.resource_type, ArchiveEntry.action)
)
