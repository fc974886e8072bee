"""What event consumers hold of a user: the ones that they made, and those that name them.

Of the ones that name somebody the address or id goes when the user is forgotten; one that would then tell
nobody is switched off. The rest belongs to the workspace.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import bindparam, or_, select, update

from pronaflow_kernel.api import IdType, Json, Reader, Row, UnitOfWork, User, normal, unscoped

from .models import Consumer

_WHY = "a user's data is looked for in all workspaces"
_USER = bindparam("user_id", type_=IdType())
_NAMING = ("email", "in_app")
_ADDRESS = select(User.email_norm).where(User.id == _USER)
_CONSUMERS = unscoped(
    _WHY,
    select(Consumer.__table__).where(or_(Consumer.handler_type.in_(_NAMING), Consumer.created_by == _USER)),
)
_LEAVE_OUT = unscoped(
    _WHY,
    update(Consumer)
    .where(Consumer.id == bindparam("consumer", type_=IdType()))
    .values(config=bindparam("left", type_=Json()), version=Consumer.version + 1),
)
_SWITCH_OFF = unscoped(
    _WHY,
    update(Consumer)
    .where(Consumer.id == bindparam("consumer", type_=IdType()))
    .values(is_active=False, disabled_reason="Nobody is left whom it tells"),
)


def collect(reader: Reader, user_id: str) -> dict[str, list[Row]]:
    """Which event consumers the user made, and which name them; whom else they name is not theirs to read."""
    address = reader.value(_ADDRESS, user_id=user_id)
    found = []
    for row in reader.all(_CONSUMERS, user_id=user_id):
        named = _without(row["config"], user_id, address) != row["config"]
        if named or row["created_by"] == user_id:
            shown = {name: row[name] for name in ("id", "workspace_id", "event_type", "handler_type")}
            found.append({**shown, "made": row["created_by"] == user_id, "names_you": named})
    return {"event_consumers": found}


def erase(uow: UnitOfWork, user_id: str) -> None:
    """Name the user nowhere any more."""
    address = uow.value(_ADDRESS, user_id=user_id)
    for row in uow.all(_CONSUMERS, user_id=user_id):
        left = _without(row["config"], user_id, address)
        if left != row["config"]:
            uow.execute(_LEAVE_OUT, consumer=row["id"], left=left)
            if not any(left.values()):
                uow.execute(_SWITCH_OFF, consumer=row["id"])


def _without(config: Mapping[str, Any], user_id: str, address: str | None) -> dict[str, Any]:
    """A configuration that names neither the user nor their address in its lists."""
    return {
        name: [each for each in value if each != user_id and normal(str(each)) != address]
        if isinstance(value, list)
        else value
        for name, value in config.items()
    }
