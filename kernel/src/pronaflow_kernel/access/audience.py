"""Who may be told of something that somebody else has done."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import bindparam, select

from ..attribution import as_kernel
from ..identity.models import User
from ..persistence.scope import SCOPE_WORKSPACE
from ..persistence.types import Id
from ..persistence.uow import Reader
from ..tenancy.models import Membership
from .containers import Containers

_AMONG = User.id.in_(bindparam("ids", type_=Id(), expanding=True))
_ACTIVE = select(User.id).where(_AMONG, User.status == "active")
_MEMBERS = _ACTIVE.join(Membership, Membership.user_id == User.id).where(
    Membership.workspace_id == SCOPE_WORKSPACE, Membership.is_active
)


@as_kernel
def audience(
    reader: Reader,
    containers: Containers | None,
    user_ids: Collection[str],
    container_id: str | None,
    outsiders: bool,
) -> set[str]:
    """See `Access.audience`."""
    ids = sorted(set(user_ids))
    if not ids:
        return set()
    statement = _ACTIVE if outsiders or reader.scope.workspace_id is None else _MEMBERS
    found = [row["id"] for row in reader.all(statement, ids=ids)]
    if outsiders or container_id is None or containers is None or not found:
        return set(found)
    return set(containers.seeing(reader, container_id, found))
