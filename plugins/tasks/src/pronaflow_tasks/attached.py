"""Fields of a task that live in tables of their own, such as its tags.

Each is one `Attached`. Whoever makes, changes and shows tasks knows all of them together as `AttachedFields`,
so that another one needs no further code there, and a page of tasks needs one statement for all of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as made
from typing import Any, Protocol

from sqlalchemy import FromClause, bindparam, func, literal, select, union_all

from pronaflow_kernel.api import SCOPE_WORKSPACE, IdType, Problem, Reader, Row, UnitOfWork

from .models import Task

_SEPARATOR = "\x1f"
"""Between texts of one task; no text may hold it."""


@dataclass(frozen=True, slots=True)
class Values:
    """Where the values of a field are: one row each.

    Arguments:
        source: what they are selected from.
        workspace_id, task_id: the columns there that say whose they are.
        text: a value as text, without the character U+001F.
    """

    source: FromClause
    workspace_id: Any
    task_id: Any
    text: Any

    def of_the_task(self) -> Any:
        """All texts of the task around it, as one."""
        return (
            select(func.aggregate_strings(self.text, _SEPARATOR))
            .select_from(self.source)
            .where(self.workspace_id == Task.workspace_id, self.task_id == Task.id)
            .correlate(Task)
            .scalar_subquery()
        )

    def of_many(self, name: str) -> Any:
        """Texts of the tasks bound to `ids`: their `task_id`, the field's name, the text."""
        return (
            select(self.task_id.label("task_id"), literal(name).label("name"), self.text.label("text"))
            .select_from(self.source)
            .where(
                self.workspace_id == SCOPE_WORKSPACE,
                self.task_id.in_(bindparam("ids", type_=IdType(), expanding=True)),
            )
        )


@dataclass(frozen=True, slots=True)
class Loss:
    """What a task loses on its way to another project.

    Arguments:
        columns: values that columns of the task have there instead, by name.
        warnings: a sentence for each thing that is lost.
    """

    columns: Mapping[str, Any] = made(default_factory=dict)
    warnings: Sequence[str] = ()


class Attached(Protocol):
    """One field.

    Attributes:
        name: of the field in bodies and answers.
        values: where it is stored.
        always: whether `link` is also told of the new tasks that do not mention it, by None.
    """

    name: str
    values: Values
    always: bool

    def shown(self, texts: Sequence[str]) -> Any:
        """What an answer shows of a task whose texts, in any order, are these."""
        ...

    def faults(self, uow: UnitOfWork, project_id: str, tasks: Sequence[Row]) -> list[list[Problem]]:
        """What is wrong with the values of some tasks of a project, for each of them.

        Arguments:
            tasks: as they would be; the field is missing from those that do not mention it. New ones have
                no `version`.
        """
        ...

    def link(self, uow: UnitOfWork, wanted: Mapping[str, Any]) -> Mapping[str, Any]:
        """Store the values of new tasks, by task id, with a few statements for all; answers what is shown."""
        ...

    def replace(self, uow: UnitOfWork, task: Row, value: Any) -> Mapping[str, Any] | None:
        """Store another value; `{"old": …, "new": …}`, None where nothing differs."""
        ...

    def emigrate(self, uow: UnitOfWork, task: Row, project_id: str) -> Loss:
        """Remove those values of a task that cannot go with it to another project.

        Arguments:
            task: as it is, still in its old project; nothing of it is written here.
            project_id: of the project where it will be.
        """
        ...


class AttachedFields:
    """All attached fields of tasks.

    Arguments:
        fields: in the order in which they are written.
    """

    def __init__(self, fields: Sequence[Attached]) -> None:
        self._fields = {field.name: field for field in fields}
        self._of_many = union_all(*(field.values.of_many(field.name) for field in fields))

    def columns(self) -> list[Any]:
        """Columns of a SELECT of one task, for `show`."""
        return [field.values.of_the_task().label(name) for name, field in self._fields.items()]

    def show(self, task: Row) -> None:
        """Put values in the place of what `columns` selected."""
        for name, field in self._fields.items():
            task[name] = field.shown(_split(task[name]))

    def show_all(self, reader: Reader, tasks: Sequence[Row]) -> None:
        """Add the values to selected tasks, by one statement."""
        texts: dict[tuple[str, str], list[str]] = {}
        for row in reader.all(self._of_many, ids=[task["id"] for task in tasks]):
            texts.setdefault((row["task_id"], row["name"]), []).append(row["text"])
        for task in tasks:
            for name, field in self._fields.items():
                task[name] = field.shown(texts.get((task["id"], name), ()))

    def of(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Those of some values that are of attached fields."""
        return {name: values[name] for name in self._fields if name in values}

    def faults(self, uow: UnitOfWork, project_id: str, tasks: Sequence[Row]) -> list[list[Problem]]:
        """What is wrong with tasks as they would be, for each of them."""
        found: list[list[Problem]] = [[] for _ in tasks]
        for field in self._fields.values():
            for problems, more in zip(found, field.faults(uow, project_id, tasks), strict=True):
                problems += more
        return found

    def link(self, uow: UnitOfWork, tasks: Iterable[Row]) -> dict[str, Mapping[str, Any]]:
        """Store the values that new tasks bring; what is shown, by field and task id."""
        wanted: dict[str, dict[str, Any]] = {name: {} for name in self._fields}
        for task in tasks:
            for name, field in self._fields.items():
                value = task.get(name)
                if value or field.always:
                    wanted[name][task["id"]] = value
        return {name: self._fields[name].link(uow, values) for name, values in wanted.items() if values}

    def shown_with(self, task: Row, linked: Mapping[str, Mapping[str, Any]]) -> Row:
        """A new task with the values that `link` stored."""
        values = {
            name: linked.get(name, {}).get(task["id"], field.shown(()))
            for name, field in self._fields.items()
        }
        return {**task, **values}

    def replace(self, uow: UnitOfWork, task: Row, values: Mapping[str, Any]) -> dict[str, Any]:
        """Store other values; the changes, by field."""
        changes = {}
        for name, value in values.items():
            changed = self._fields[name].replace(uow, task, value)
            if changed is not None:
                changes[name] = changed
        return changes

    def emigrate(self, uow: UnitOfWork, task: Row, project_id: str) -> Loss:
        """Remove what cannot go with a task to another project; see `Attached`."""
        losses = [each.emigrate(uow, task, project_id) for each in self._fields.values()]
        columns = {name: value for loss in losses for name, value in loss.columns.items()}
        return Loss(columns, [warning for loss in losses for warning in loss.warnings])


def _split(texts: str | None) -> list[str]:
    return texts.split(_SEPARATOR) if texts else []
