"""Prebuilt statements on installations."""

from __future__ import annotations

from sqlalchemy import bindparam, func, select

from pronaflow_kernel.api import SCOPE_WORKSPACE, IdType, UtcDateTime, Workspace, unscoped

from .models import Installation

_HERE = select(Installation.__table__).where(Installation.workspace_id == SCOPE_WORKSPACE)

ALL_HERE = _HERE.where(Installation.purge_after.is_(None)).order_by(
    Installation.installed_at.desc(), Installation.id.desc()
)
"""Those that the workspace has, the newest first."""

OF_PLUGIN = _HERE.where(Installation.plugin_id == bindparam("plugin_id"))
"""That of one plugin, also where it is uninstalled and its data is still there."""

ONE = _HERE.where(Installation.id == bindparam("id", type_=IdType()), Installation.purge_after.is_(None))

COUNT = select(func.count()).where(
    Installation.workspace_id == SCOPE_WORKSPACE, Installation.purge_after.is_(None)
)

DUE = unscoped(
    "what workspaces have uninstalled is cleared away by one daily job",
    select(Installation.id, Installation.workspace_id, Installation.plugin_id)
    .join(Workspace, Workspace.id == Installation.workspace_id)
    .where(
        Installation.purge_after <= bindparam("now", type_=UtcDateTime()),
        Installation.id > bindparam("after", type_=IdType()),
    )
    .order_by(Installation.id)
    .limit(200),
)
"""Uninstalled for long enough, in order of their ids."""

INSTALLED_BY = unscoped(
    "what a user must have agreed to is told over all their workspaces",
    select(Installation.id)
    .join(Workspace, Workspace.id == Installation.workspace_id)
    .where(
        Installation.installed_by == bindparam("user_id", type_=IdType()),
        Installation.purge_after.is_(None),
        Installation.version_seen != "",
        Workspace.lifecycle == "active",
    )
    .order_by(Installation.id),
)
"""What a user has installed, is still there and was not stopped for want of consent."""
