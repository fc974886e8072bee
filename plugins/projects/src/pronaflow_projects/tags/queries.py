"""Prebuilt reads of the tags of projects."""

from __future__ import annotations

from sqlalchemy import String, bindparam, delete, func, select

from pronaflow_kernel.api import SCOPE_WORKSPACE, IdType
from pronaflow_workspaces.api import TAG

from ..models import Project
from .models import ProjectTag

SEPARATOR = "\x1f"
"""Between the names of one project's tags; no name holds it."""

_PROJECT = bindparam("project_id", type_=IdType())

_LINKED = ProjectTag.__table__.join(
    TAG, (TAG.c.id == ProjectTag.tag_id) & (TAG.c.workspace_id == ProjectTag.workspace_id)
)

NAMES = (
    select(func.aggregate_strings(TAG.c.name, SEPARATOR))
    .select_from(_LINKED)
    .where(ProjectTag.workspace_id == Project.workspace_id, ProjectTag.project_id == Project.id)
    .correlate(Project)
    .scalar_subquery()
)
"""The names of the tags of the project around it, as one text."""

TAGGED = Project.id.in_(
    select(ProjectTag.project_id)
    .select_from(_LINKED)
    .where(ProjectTag.workspace_id == SCOPE_WORKSPACE, TAG.c.name_norm == bindparam("tag", type_=String()))
)
"""Whether a project has the tag whose `tag_norm` is bound to `tag`."""

OF_PROJECT = (
    select(TAG.c.id, TAG.c.name)
    .select_from(_LINKED)
    .where(ProjectTag.workspace_id == SCOPE_WORKSPACE, ProjectTag.project_id == _PROJECT)
)
"""The tags of a project."""

UNLINK = delete(ProjectTag).where(
    ProjectTag.workspace_id == SCOPE_WORKSPACE,
    ProjectTag.project_id == _PROJECT,
    ProjectTag.tag_id.in_(bindparam("ids", type_=IdType(), expanding=True)),
)
