"""Prebuilt reads of all that a project's structure holds."""

from __future__ import annotations

from sqlalchemy import bindparam, select

from pronaflow_kernel.api import SCOPE_WORKSPACE, IdType

from ..models import Task, TaskList

_PROJECT_ID = bindparam("project_id", type_=IdType())

_LISTS = (
    TaskList.workspace_id == SCOPE_WORKSPACE,
    TaskList.project_id == _PROJECT_ID,
    TaskList.lifecycle != "trashed",
    TaskList.is_archived.is_(False),
)

LISTS = (
    select(TaskList.id, TaskList.name, TaskList.description)
    .where(*_LISTS)
    .order_by(TaskList.position, TaskList.id)
)
"""The lists of a project in their order, without those that are put away."""

TASKS = (
    select(
        Task.id,
        Task.task_list_id,
        Task.title,
        Task.description,
        Task.priority,
        Task.start_date,
        Task.due_date,
        Task.estimated_hours,
        Task.story_points,
        Task.is_milestone,
    )
    .join(TaskList, (TaskList.workspace_id == Task.workspace_id) & (TaskList.id == Task.task_list_id))
    .where(Task.workspace_id == SCOPE_WORKSPACE, Task.project_id == _PROJECT_ID, *_LISTS)
    .where(Task.lifecycle != "trashed")
    .order_by(TaskList.position, TaskList.id, Task.rank, Task.id)
)
"""The tasks in `LISTS`, list after list, each in its order."""
