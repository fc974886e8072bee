"""Prebuilt reads of change requests."""

from __future__ import annotations

from sqlalchemy import bindparam, func, select

from pronaflow_kernel.api import SCOPE_USER, SCOPE_WORKSPACE, IdType, Listing

from ..models import ProjectMember
from ..queries import COUNTS
from .models import ChangeRequest

_OF_PROJECT = select(ChangeRequest.__table__).where(
    ChangeRequest.workspace_id == SCOPE_WORKSPACE,
    ChangeRequest.project_id == bindparam("project_id", type_=IdType()),
)

ONE = _OF_PROJECT.where(ChangeRequest.id == bindparam("id", type_=IdType()))
"""A change request of a project."""

PENDING = _OF_PROJECT.where(ChangeRequest.status == "pending").order_by(ChangeRequest.id)
"""Those of a project on which nobody has decided."""

REQUESTS = Listing(
    _OF_PROJECT,
    id=ChangeRequest.id,
    filters={
        "status": ChangeRequest.status == bindparam("status"),
        "scope": ChangeRequest.scope == bindparam("scope"),
        "created_by": ChangeRequest.created_by == bindparam("created_by", type_=IdType()),
    },
    sorts={
        "created_at": ChangeRequest.created_at,
        "updated_at": ChangeRequest.updated_at,
        "title": func.lower(ChangeRequest.title),
    },
    default="-created_at",
)

APPROVER = select(ProjectMember.is_approver).where(
    ProjectMember.workspace_id == SCOPE_WORKSPACE,
    ProjectMember.project_id == bindparam("project_id", type_=IdType()),
    ProjectMember.user_id == SCOPE_USER,
    COUNTS,
)
"""Whether the caller is a member of a project who approves; no row where they are no member."""
