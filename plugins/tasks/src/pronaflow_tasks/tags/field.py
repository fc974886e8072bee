"""The tags of a task, as a field of it: words of the workspace's catalogue, made on first use."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import bindparam, delete, select

from pronaflow_kernel.api import SCOPE_WORKSPACE, Context, IdType, Problem, Row, UnitOfWork
from pronaflow_workspaces.api import TAG, Tags, tag_norm, tag_problems

from ..attached import Loss, Values
from ..models import Task
from .models import TaskTag

_LINKED = TaskTag.__table__.join(
    TAG, (TAG.c.id == TaskTag.tag_id) & (TAG.c.workspace_id == TaskTag.workspace_id)
)

_OF_TASK = (
    select(TAG.c.id, TAG.c.name)
    .select_from(_LINKED)
    .where(
        TaskTag.workspace_id == SCOPE_WORKSPACE,
        TaskTag.task_id == bindparam("task", type_=IdType()),
    )
)

_UNLINK = delete(TaskTag).where(
    TaskTag.workspace_id == SCOPE_WORKSPACE,
    TaskTag.task_id == bindparam("task", type_=IdType()),
    TaskTag.tag_id.in_(bindparam("ids", type_=IdType(), expanding=True)),
)

TAGGED = Task.id.in_(
    select(TaskTag.task_id)
    .select_from(_LINKED)
    .where(TaskTag.workspace_id == SCOPE_WORKSPACE, TAG.c.name_norm == bindparam("tag"))
)
"""Whether a task has the tag whose `tag_norm` is bound to `tag`."""


class TagField:
    """Fulfils `Attached`: names in, names as the workspace writes them out.

    Arguments:
        ctx: of the plugin.
    """

    name = "tags"
    always = False
    values = Values(_LINKED, TaskTag.workspace_id, TaskTag.task_id, TAG.c.name)

    def __init__(self, ctx: Context) -> None:
        self._services = ctx.services
        # What `faults` found, for `link` in the same unit of work: making a task takes a statement less.
        self._found: WeakKeyDictionary[UnitOfWork, dict[str, Row]] = WeakKeyDictionary()

    def shown(self, texts: Sequence[str]) -> list[str]:
        """See `Attached`."""
        return _in_order(texts)

    def faults(self, uow: UnitOfWork, project_id: str, tasks: Sequence[Row]) -> list[list[Problem]]:
        """See `Attached`: any name is one, but for those of tags that are for other things."""
        found = self._tags.find(uow, {name for task in tasks for name in task.get("tags") or ()})
        self._found[uow] = found
        return [
            tag_problems([found[key] for key in _norms(task.get("tags") or ()) if key in found], "task")
            for task in tasks
        ]

    def link(self, uow: UnitOfWork, wanted: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
        """See `Attached`."""
        named = {name for names in wanted.values() for name in names}
        tags = self._tags.resolve(uow, named, "task", self._found.pop(uow, None))
        shown: dict[str, list[str]] = {}
        links = []
        for task_id, names in wanted.items():
            mine = {tags[key]["id"]: tags[key]["name"] for key in _norms(names)}
            links += [{"task_id": task_id, "tag_id": tag_id} for tag_id in mine]
            shown[task_id] = _in_order(mine.values())
        uow.insert_many(TaskTag, links)
        return shown

    def replace(self, uow: UnitOfWork, task: Row, value: Iterable[str]) -> dict[str, Any] | None:
        """See `Attached`."""
        task_id = task["id"]
        before = {row["id"]: row["name"] for row in uow.all(_OF_TASK, task=task_id)}
        tags = self._tags.resolve(uow, set(value), "task", self._found.pop(uow, None))
        after = {tag["id"]: tag["name"] for tag in tags.values()}
        if before.keys() == after.keys():
            return None
        if gone := sorted(before.keys() - after.keys()):
            uow.execute(_UNLINK, task=task_id, ids=gone)
        new = sorted(after.keys() - before.keys())
        uow.insert_many(TaskTag, [{"task_id": task_id, "tag_id": tag_id} for tag_id in new])
        return {"old": _in_order(before.values()), "new": _in_order(after.values())}

    def emigrate(self, uow: UnitOfWork, task: Row, project_id: str) -> Loss:
        """See `Attached`: tags are the workspace's and go along."""
        return Loss()

    @property
    def _tags(self) -> Tags:
        return self._services.require(Tags)


def _norms(names: Iterable[str]) -> list[str]:
    """What tags are found by, each once."""
    return sorted({tag_norm(name) for name in names})


def _in_order(names: Iterable[str]) -> list[str]:
    """Names as they are shown."""
    return sorted(names, key=tag_norm)
