"""Prebuilt reads of files at tasks."""

from __future__ import annotations

from typing import Any

from sqlalchemy import and_, bindparam, func, select
from sqlalchemy.orm import aliased

from pronaflow_kernel.api import SCOPE_WORKSPACE, IdType, Listing, User, username_here

from ..models import Task
from .models import TaskFile, TaskFileVersion

COUNT = (
    select(func.count())
    .where(TaskFile.workspace_id == Task.workspace_id, TaskFile.task_id == Task.id)
    .correlate(Task)
    .scalar_subquery()
)
"""How many files the task around it has."""

_UPLOADER = aliased(User)
_FILE_ID = bindparam("file_id", type_=IdType())
_OF_FILE = and_(TaskFileVersion.file_id == TaskFile.id, TaskFileVersion.workspace_id == TaskFile.workspace_id)
_SHOWN = (
    TaskFileVersion.number,
    TaskFileVersion.file_key,
    TaskFileVersion.size,
    TaskFileVersion.sha256,
    TaskFileVersion.uploaded_by,
    TaskFileVersion.uploaded_at,
    username_here(_UPLOADER).label("uploaded_by_username"),
)

_FILES = (
    select(TaskFile.__table__, *_SHOWN)
    .select_from(TaskFile.__table__)
    .join(TaskFileVersion, _OF_FILE)
    .outerjoin(_UPLOADER, _UPLOADER.id == TaskFileVersion.uploaded_by)
    .where(TaskFile.workspace_id == SCOPE_WORKSPACE)
)
_CURRENT = _FILES.where(TaskFileVersion.number == TaskFile.current)


def _alive(files: Any) -> Any:
    """Of a task that is not in the trash."""
    joined = and_(Task.id == TaskFile.task_id, Task.workspace_id == TaskFile.workspace_id)
    return files.join(Task, joined).where(TaskFile.id == _FILE_ID, Task.lifecycle != "trashed")


FILE = _alive(_CURRENT)
"""A file with its current version."""

FILE_AS_IT_WAS = _alive(_FILES).where(TaskFileVersion.number == bindparam("number"))
"""A file with one of its versions."""

NAMED = select(TaskFile.__table__).where(
    TaskFile.workspace_id == SCOPE_WORKSPACE,
    TaskFile.task_id == bindparam("task_id", type_=IdType()),
    TaskFile.name == bindparam("name"),
)

FILES = Listing(
    _CURRENT.where(TaskFile.task_id == bindparam("task_id", type_=IdType())),
    id=TaskFile.id,
    filters={"filename": TaskFile.name == bindparam("filename")},
    sorts={
        "created_at": TaskFile.created_at,
        "uploaded_at": TaskFileVersion.uploaded_at,
        "filename": TaskFile.name,
        "size": TaskFileVersion.size,
    },
    default="created_at",
)
"""The files of a task with their current versions."""

VERSIONS = (
    select(TaskFileVersion.__table__, username_here(_UPLOADER).label("uploaded_by_username"))
    .select_from(TaskFileVersion.__table__)
    .outerjoin(_UPLOADER, _UPLOADER.id == TaskFileVersion.uploaded_by)
    .where(TaskFileVersion.workspace_id == SCOPE_WORKSPACE, TaskFileVersion.file_id == _FILE_ID)
    .order_by(TaskFileVersion.number.desc())
    .limit(100)
)
"""What a file was, newest first; as many as it shows."""

KEYS = (
    select(TaskFileVersion.file_key)
    .where(TaskFileVersion.workspace_id == SCOPE_WORKSPACE, TaskFileVersion.file_id == _FILE_ID)
    .distinct()
)
"""Where all that a file was is stored."""
