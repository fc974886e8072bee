"""Prebuilt reads for copies."""

from __future__ import annotations

from sqlalchemy import bindparam, select

from pronaflow_kernel.api import SCOPE_WORKSPACE, IdType

from ..models import ProjectMember
from ..queries import COUNTS

MEMBERS = (
    select(ProjectMember.user_id, ProjectMember.role)
    .where(
        ProjectMember.workspace_id == SCOPE_WORKSPACE,
        ProjectMember.project_id == bindparam("project_id", type_=IdType()),
        COUNTS,
    )
    .order_by(ProjectMember.joined_at, ProjectMember.user_id)
)
"""The members of a project, in the order in which they came."""
