"""Prebuilt statements on retention rules and cold files."""

from __future__ import annotations

from sqlalchemy import bindparam, or_, select

from pronaflow_kernel.api import (
    SCOPE_USER,
    SCOPE_WORKSPACE,
    EventCaller,
    IdType,
    Membership,
    UtcDateTime,
    unscoped,
)

from .models import ColdFile, RetentionRule

_USER = bindparam("user_id", type_=IdType())
_START = bindparam("start", type_=UtcDateTime())
_END = bindparam("end", type_=UtcDateTime())
_NAMED = bindparam("named", type_=IdType())
_NEWEST = (ColdFile.last_at.desc(), ColdFile.id.desc())

RULE = select(RetentionRule.__table__).where(RetentionRule.workspace_id == SCOPE_WORKSPACE)
MOVING = unscoped(
    "the job moves events of all workspaces",
    select(RetentionRule.workspace_id, RetentionRule.cold_after_days)
    .where(RetentionRule.cold_after_days.is_not(None))
    .order_by(RetentionRule.workspace_id),
)

_FILES = (
    select(ColdFile.__table__)
    .where(or_(_START.is_(None), ColdFile.last_at >= _START), or_(_END.is_(None), ColdFile.first_at < _END))
    .order_by(*_NEWEST)
)
_EVERYWHERE = _FILES.where(or_(_NAMED.is_(None), ColdFile.workspace_id == _NAMED))
_MINE = select(Membership.workspace_id).where(Membership.user_id == SCOPE_USER)

FILES = {
    "workspace": _FILES.where(ColdFile.workspace_id == SCOPE_WORKSPACE),
    "own": unscoped("what one user did", _EVERYWHERE.where(ColdFile.workspace_id.in_(_MINE))),
    "all": unscoped("administrators of the system read everything", _EVERYWHERE),
}
"""By view, the cold files of a span, the newest one first."""

OF_USER = unscoped(
    "somebody is forgotten in all workspaces",
    select(ColdFile.__table__)
    .where(
        ColdFile.workspace_id.in_(select(Membership.workspace_id).where(Membership.user_id == _USER)),
    )
    .order_by(ColdFile.id),
)
CALLERS = select(EventCaller.id, EventCaller.email, EventCaller.ip).where(
    EventCaller.id.in_(bindparam("ids", expanding=True, type_=IdType()))
)
