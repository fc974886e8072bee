"""Prebuilt statements on tags."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from sqlalchemy import bindparam, literal, select
from sqlalchemy.dialects import postgresql, sqlite

from pronaflow_kernel.api import SCOPE_WORKSPACE, Listing

from .models import Tag

_TAGS = select(Tag.__table__).where(Tag.workspace_id == SCOPE_WORKSPACE)

TAGS = Listing(
    _TAGS,
    id=Tag.id,
    filters={
        "search": Tag.name_norm.like(bindparam("search"), escape="\\"),
        "entity_type": Tag.entity_type_limit.in_([bindparam("entity_type"), literal("all")]),
    },
    sorts={"name": Tag.name_norm, "created_at": Tag.created_at, "updated_at": Tag.updated_at},
    default="name",
)
"""The tags of the scope's workspace."""

AMONG = _TAGS.where(Tag.name_norm.in_(bindparam("norms", expanding=True)))
"""Those whose `norm` is one of some."""

HELD = AMONG.with_for_update(read=True, key_share=True)
"""`AMONG`, held until the end of the transaction: a link to one of them finds it there."""


def _make(dialect: ModuleType) -> Any:
    columns = [Tag.__table__.c.workspace_id, Tag.__table__.c.name_norm]
    statement = dialect.insert(Tag.__table__).on_conflict_do_nothing(index_elements=columns)
    return statement.returning(*Tag.__table__.c)


MAKE = {module.dialect.name: _make(module) for module in (sqlite, postgresql)}
"""Insert rows but for those that are there, by dialect; answers what was inserted."""
