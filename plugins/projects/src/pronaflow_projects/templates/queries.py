"""Prebuilt reads of templates."""

from __future__ import annotations

from sqlalchemy import bindparam, or_, select

from pronaflow_kernel.api import SCOPE_ROLE, SCOPE_USER, SCOPE_WORKSPACE, IdType, Listing

from .models import ProjectTemplate

_VISIBLE = or_(
    ProjectTemplate.is_public,
    ProjectTemplate.created_by == SCOPE_USER,
    SCOPE_ROLE == "owner",
)
"""A template that is not public is its creator's: it may hold what is in a private project, which the owners
of a workspace see and its admins do not (modules.md 2.4)."""

TEMPLATE = select(ProjectTemplate.__table__).where(
    ProjectTemplate.workspace_id == SCOPE_WORKSPACE,
    ProjectTemplate.id == bindparam("id", type_=IdType()),
    _VISIBLE,
)
"""One template that the caller sees."""

TEMPLATES = Listing(
    select(*(column for column in ProjectTemplate.__table__.c if column.key != "structure")).where(
        ProjectTemplate.workspace_id == SCOPE_WORKSPACE, _VISIBLE
    ),
    id=ProjectTemplate.id,
    filters={
        "is_public": ProjectTemplate.is_public == bindparam("is_public"),
        "search": ProjectTemplate.name_folded.like(bindparam("search"), escape="\\"),
    },
    sorts={
        "name": ProjectTemplate.name_folded,
        "created_at": ProjectTemplate.created_at,
        "updated_at": ProjectTemplate.updated_at,
    },
    default="name",
)
"""The templates that the caller sees, without what is in them."""
