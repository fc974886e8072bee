"""Notifications as they are shown, and what lists of them take."""

from __future__ import annotations

from marshmallow import fields

from pronaflow_kernel.api import Choice, Id, Moment, PageQuery, Schema, Text, Timestamp

from .types import PRIORITIES


class NotificationOut(Schema):
    """A notification in the language of its reader."""

    id = Id()
    notification_id = Id(attribute="id", dump_only=True)
    user_id = Id()
    workspace_id = Id(
        allow_none=True, metadata={"description": "Null for what concerns the account, not a workspace"}
    )
    project_id = Id(attribute="container_id", allow_none=True, dump_only=True)
    type = fields.String(metadata={"description": "Such as `task_assigned`"})
    title = fields.String()
    message = fields.String()
    action_url = fields.String(
        allow_none=True, metadata={"description": "Path in the application where it leads, `/tasks/<id>`"}
    )
    actor_id = Id(of="user", allow_none=True)
    actor_name = fields.String(allow_none=True)
    priority = fields.String(metadata={"enum": list(PRIORITIES)})
    reasons = fields.List(
        fields.String(), metadata={"description": "Why it came, a word each, such as `assignee`"}
    )
    reasons_text = fields.List(
        fields.String(), metadata={"description": "The same in words: `You watch this task.`"}
    )
    aggregated_count = fields.Integer(
        metadata={"description": "How many events it tells of; it shows the words of the last one"}
    )
    event_id = Id(metadata={"description": "Of the event that it came from, the first of them"})
    read = fields.Boolean()
    read_at = Timestamp(allow_none=True)
    created_at = Timestamp()
    updated_at = Timestamp(metadata={"description": "When the last event went into it"})


class NotificationQuery(PageQuery):
    """Query of the list of notifications; filters combine with AND."""

    status = Choice(("unread", "read"), load_default=None)
    type = Text(60, least=1, load_default=None, metadata={"description": "Such as `task_assigned`"})
    priority = Choice(PRIORITIES, load_default=None)
    workspace_id = Id(load_default=None, metadata={"description": "Only of this workspace; else of all"})
    project_id = Id(load_default=None)
    since = Moment(load_default=None, metadata={"description": "Not before this instant or day"})
    until = Moment(load_default=None, metadata={"description": "Before this instant or day"})


class UnreadOut(Schema):
    """How many notifications are unread."""

    unread_count = fields.Integer()


class AllReadOut(Schema):
    """How many were marked."""

    count = fields.Integer()
