"""Tags by name: unique in the workspace whatever their case, made on first use (modules.md 4.4 rule 7)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import ModuleType
from typing import Any
from unicodedata import normalize

from sqlalchemy import bindparam, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite

from pronaflow_kernel.api import SCOPE_WORKSPACE, IdType, Reader, UnitOfWork, new_id

from .models import Tag, Task, TaskTag

_AMONG = select(Tag.id, Tag.name, Tag.name_norm).where(
    Tag.workspace_id == SCOPE_WORKSPACE, Tag.name_norm.in_(bindparam("norms", expanding=True))
)


def _make(dialect: ModuleType) -> Any:
    columns = [Tag.__table__.c.workspace_id, Tag.__table__.c.name_norm]
    statement = dialect.insert(Tag.__table__).on_conflict_do_nothing(index_elements=columns)
    return statement.returning(Tag.id, Tag.name, Tag.name_norm)


_MAKE = {module.dialect.name: _make(module) for module in (sqlite, postgresql)}

_LINKED = TaskTag.__table__.join(
    Tag.__table__, (Tag.id == TaskTag.tag_id) & (Tag.workspace_id == TaskTag.workspace_id)
)

_OF_TASKS = (
    select(TaskTag.task_id, Tag.id, Tag.name)
    .select_from(_LINKED)
    .where(
        TaskTag.workspace_id == SCOPE_WORKSPACE,
        TaskTag.task_id.in_(bindparam("ids", type_=IdType(), expanding=True)),
    )
)

_UNLINK = delete(TaskTag).where(
    TaskTag.workspace_id == SCOPE_WORKSPACE,
    TaskTag.task_id == bindparam("task", type_=IdType()),
    TaskTag.tag_id.in_(bindparam("ids", type_=IdType(), expanding=True)),
)

_SEPARATOR = "\x1f"

NAMES = (
    select(func.aggregate_strings(Tag.name, _SEPARATOR))
    .select_from(_LINKED)
    .where(TaskTag.workspace_id == Task.workspace_id, TaskTag.task_id == Task.id)
    .correlate(Task)
    .scalar_subquery()
)
"""The tags of the task around it in one text, for `split`."""

TAGGED = Task.id.in_(
    select(TaskTag.task_id)
    .select_from(_LINKED)
    .where(TaskTag.workspace_id == SCOPE_WORKSPACE, Tag.name_norm == bindparam("tag"))
)
"""Whether a task has the tag whose `norm` is bound to `tag`."""


def norm(name: str) -> str:
    """What makes a tag's name unique: case and the way accents are written do not count."""
    return normalize("NFC", name.casefold())


def split(names: str | None) -> list[str]:
    """What `NAMES` selected, as a sorted list."""
    return in_order(names.split(_SEPARATOR)) if names else []


def in_order(names: Iterable[str]) -> list[str]:
    """Names as they are shown."""
    return sorted(names, key=norm)


def names_of(reader: Reader, task_ids: list[str]) -> dict[str, list[str]]:
    """Tag names by task id, in one statement; a task without tags is missing."""
    found: dict[str, list[str]] = {}
    for row in reader.all(_OF_TASKS, ids=task_ids):
        found.setdefault(row["task_id"], []).append(row["name"])
    return {task_id: in_order(names) for task_id, names in found.items()}


def link(uow: UnitOfWork, wanted: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
    """Give new tasks their tags, with at most four statements for all.

    Arguments:
        wanted: task id to names.

    Returns:
        task id to the names as the workspace writes them.
    """
    tags = _resolve(uow, {name for names in wanted.values() for name in names})
    shown: dict[str, list[str]] = {}
    links = []
    for task_id, names in wanted.items():
        mine = {tags[norm(name)]["id"]: tags[norm(name)]["name"] for name in names}
        links += [{"task_id": task_id, "tag_id": tag_id} for tag_id in mine]
        shown[task_id] = in_order(mine.values())
    uow.insert_many(TaskTag, links)
    return shown


def replace(uow: UnitOfWork, task_id: str, names: Iterable[str]) -> dict[str, Any] | None:
    """Give a task exactly these tags.

    Returns:
        `{"old": […], "new": […]}`; None where nothing differed.
    """
    before = {row["id"]: row["name"] for row in uow.all(_OF_TASKS, ids=[task_id])}
    after = {tag["id"]: tag["name"] for tag in _resolve(uow, set(names)).values()}
    if before.keys() == after.keys():
        return None
    if gone := sorted(before.keys() - after.keys()):
        uow.execute(_UNLINK, task=task_id, ids=gone)
    new = sorted(after.keys() - before.keys())
    uow.insert_many(TaskTag, [{"task_id": task_id, "tag_id": tag_id} for tag_id in new])
    return {"old": in_order(before.values()), "new": in_order(after.values())}


def _resolve(uow: UnitOfWork, names: set[str]) -> dict[str, Any]:
    """Tags by `norm`, made where there are none.

    Of two callers who make the same one, the later one waits for the first and then finds it.
    """
    norms = {norm(name): name for name in sorted(names)}
    if not norms:
        return {}
    found = _found(uow, norms)
    missing = norms.keys() - found.keys()
    if missing:
        found |= _made(uow, [(name_norm, norms[name_norm]) for name_norm in sorted(missing)])
    if norms.keys() - found.keys():
        found = _found(uow, norms)
    return found


def _found(uow: UnitOfWork, norms: Iterable[str]) -> dict[str, Any]:
    return {row["name_norm"]: row for row in uow.all(_AMONG, norms=list(norms))}


def _made(uow: UnitOfWork, wanted: list[tuple[str, str]]) -> dict[str, Any]:
    """The tags that were not there, by `norm`; one that somebody else made meanwhile is missing."""
    workspace_id = uow.scope.workspace_id
    rows = [
        {"id": new_id(), "workspace_id": workspace_id, "name": name, "name_norm": name_norm}
        for name_norm, name in wanted
    ]
    made = uow.connection.execute(_MAKE[uow.dialect], rows).mappings()
    return {row["name_norm"]: row for row in made}
