"""What callers send and are shown of the people around a task."""

from __future__ import annotations

from marshmallow import fields

from pronaflow_kernel.api import Id, PageQuery, Schema


class TaskPerson(Schema):
    """A user as shown beside what they do."""

    user_id = Id()
    username = fields.String()
    full_name = fields.String(allow_none=True)


class TaskAssigneeOut(TaskPerson):
    """Somebody who is assigned to a task."""

    is_primary = fields.Boolean(metadata={"description": "Whether `assigned_to` of the task names them"})


class TaskAssigneeIn(Schema):
    """Who is assigned to a task beside those who are."""

    user_id = Id(required=True)
    is_primary = fields.Boolean(
        load_default=None,
        metadata={
            "description": "Whether they become the primary one, who then stays as another; by default if "
            "there is none"
        },
    )


class TaskWatcherIn(Schema):
    """Who is to watch a task."""

    user_id = Id(
        load_default=None,
        metadata={"description": "By default the caller; managers of the project may name others"},
    )


class TaskWatcherQuery(TaskWatcherIn):
    """Who is to watch a task no more."""


class TaskWatchersQuery(PageQuery):
    """A page of the list of watchers."""
