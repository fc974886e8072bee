"""The settings of a project as they are sent and shown."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from pronaflow_kernel.api import Choice, Id, Schema, Text, Timestamp


def _word(**kwargs: Any) -> Text:
    """What a status of a task is called; whoever owns tasks knows which there are."""
    return Text(20, least=1, **kwargs)


class SettingsIn(Schema):
    """Settings to change; `null` brings a default back."""

    allow_comments_after_done = fields.Boolean(
        allow_none=True, metadata={"description": "Whether the project takes comments once it is completed"}
    )
    allow_public_access = fields.Boolean(allow_none=True)
    default_task_status = _word(
        allow_none=True,
        metadata={
            "description": "Of tasks that are created without one; else the workspace's",
            "examples": ["todo"],
        },
    )
    wip_limits = fields.Dict(
        keys=_word(),
        values=fields.Integer(strict=True, validate=validate.Range(min=1, max=10_000), allow_none=True),
        allow_none=True,
        metadata={
            "description": "How many tasks may be in a status at once; `null` takes a limit away",
            "examples": [{"in_progress": 3}],
        },
    )
    statuses = fields.List(
        _word(),
        allow_none=True,
        validate=validate.Length(min=1, max=20),
        metadata={
            "description": "Statuses of tasks that the project shows, in its order; else all",
            "examples": [["todo", "in_progress", "completed"]],
        },
    )
    freeze_days = fields.Integer(
        strict=True,
        allow_none=True,
        validate=validate.Range(min=0, max=365),
        metadata={"description": "Days before its start in which the dates of a task stay as they are"},
    )
    dependency_mode = Choice(
        ("warn", "block"),
        allow_none=True,
        metadata={"description": "What open predecessors do; else the governance mode decides"},
    )
    default_billable = fields.Boolean(allow_none=True)


class SettingsOut(Schema):
    """The settings of a project."""

    allow_comments_after_done = fields.Boolean()
    allow_public_access = fields.Boolean()
    default_task_status = fields.String(allow_none=True)
    wip_limits = fields.Dict(keys=fields.String(), values=fields.Integer())
    statuses = fields.List(fields.String(), allow_none=True)
    freeze_days = fields.Integer()
    dependency_mode = fields.String(allow_none=True)
    default_billable = fields.Boolean()


class ProjectSettingsOut(Schema):
    """The settings of a project and whose they are."""

    id = Id()
    project_id = Id(attribute="id", dump_only=True)
    settings = fields.Nested(SettingsOut)
    version = fields.Integer(metadata={"description": "Of the project"})
    updated_at = Timestamp()
