"""Prebuilt statements on mutes."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from sqlalchemy import bindparam, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from pronaflow_kernel.api import SCOPE_USER, IdType, Listing, unscoped

from ..models import Mute

_WHY = "what somebody mutes is their own, in whatever workspace it is heard"
_OWN = Mute.user_id == SCOPE_USER
_THIS = Mute.id == bindparam("id", type_=IdType())
_MINE = select(Mute.__table__).where(_OWN)

MUTES = Listing(
    unscoped(_WHY, _MINE), id=Mute.id, sorts={"created_at": Mute.created_at}, default="created_at"
)
"""The caller's mutes."""

REMOVE = unscoped(_WHY, delete(Mute).where(_OWN, _THIS))
BY_RULE = unscoped(_WHY, _MINE.where(Mute.rule == bindparam("rule")))


def _put(dialect: ModuleType) -> Any:
    return dialect.insert(Mute.__table__).on_conflict_do_nothing()


PUT = {module.dialect.name: unscoped(_WHY, _put(module)) for module in (sqlite, postgresql)}
"""Insert a mute unless it is there, by dialect."""
