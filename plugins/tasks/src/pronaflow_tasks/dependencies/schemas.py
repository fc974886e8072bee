"""What callers send and are shown of dependencies (modules.md 4.1, 4.5)."""

from __future__ import annotations

from marshmallow import fields, validate

from pronaflow_kernel.api import Choice, Id, Schema, Timestamp

from .words import ALIASES, TYPES

LAG = 3650
"""Most days that a link shifts its successor, forwards or backwards."""


def _type() -> Choice:
    words = "What of the task waits for what of the predecessor: finish-to-start, start-to-start, …"
    return Choice(TYPES, ALIASES, metadata={"description": words})


def _lag() -> fields.Integer:
    words = "Days between the two, for the plan; negative: that much earlier"
    return fields.Integer(
        strict=True, validate=validate.Range(min=-LAG, max=LAG), metadata={"description": words}
    )


class TaskDependencyPatch(Schema):
    """Changes of a dependency; what is missing stays."""

    dependency_type = _type()
    lag_days = _lag()


class TaskDependencyIn(TaskDependencyPatch):
    """What a task depends on; finish-to-start without lag unless it says otherwise."""

    depends_on_task_id = Id(of="task", required=True)


class TaskLink(Schema):
    """What a task depends on, as the task shows it."""

    id = Id()
    dependency_id = Id()
    depends_on_task_id = Id()
    dependency_type = fields.String()
    lag_days = fields.Integer()


class LinkedTask(Schema):
    """One end of a dependency."""

    task_id = Id()
    project_id = Id()
    key = fields.String()
    title = fields.String()
    status = fields.String()


class TaskDependencyOut(Schema):
    """A dependency; the end that the caller may not see is `null`."""

    id = Id()
    dependency_id = Id(attribute="id", dump_only=True)
    workspace_id = Id()
    project_id = Id(metadata={"description": "Of the task that waits"})
    task_id = Id(allow_none=True)
    depends_on_task_id = Id(allow_none=True)
    dependency_type = fields.String()
    lag_days = fields.Integer()
    is_broken = fields.Boolean(
        metadata={"description": "The predecessor, of another project, is in the trash"}
    )
    predecessor = fields.Nested(LinkedTask, allow_none=True)
    successor = fields.Nested(LinkedTask, allow_none=True)
    created_by = Id(allow_none=True)
    version = fields.Integer()
    created_at = Timestamp()
    updated_at = Timestamp()


class TaskDependencies(Schema):
    """The dependencies of a task, in both directions."""

    predecessors = fields.List(fields.Nested(TaskDependencyOut))
    successors = fields.List(fields.Nested(TaskDependencyOut))
    hidden_predecessors = fields.Integer(metadata={"description": "How many more the caller may not see"})
    hidden_successors = fields.Integer(metadata={"description": "How many more the caller may not see"})
