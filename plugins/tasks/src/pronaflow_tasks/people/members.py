"""Who of some users is in a project."""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, select

from pronaflow_kernel.api import SCOPE_WORKSPACE, IdType, Reader, Row, User
from pronaflow_projects.api import MEMBER_COUNTS, PROJECT_MEMBER

_MEMBERS = (
    select(PROJECT_MEMBER.c.user_id, User.username, User.full_name)
    .join(User, User.id == PROJECT_MEMBER.c.user_id)
    .where(
        PROJECT_MEMBER.c.workspace_id == SCOPE_WORKSPACE,
        PROJECT_MEMBER.c.project_id == bindparam("project_id", type_=IdType()),
        PROJECT_MEMBER.c.user_id.in_(bindparam("ids", type_=IdType(), expanding=True)),
        MEMBER_COUNTS,
    )
)


def members(reader: Reader, project_id: str, user_ids: set[Any]) -> dict[str, Row]:
    """Those of some users who are members of a project, by id; no statement for nobody."""
    if not user_ids:
        return {}
    rows = reader.all(_MEMBERS, project_id=project_id, ids=sorted(user_ids))
    return {row["user_id"]: row for row in rows}
