"""What callers send and are shown of comments (modules.md 4.1)."""

from __future__ import annotations

from marshmallow import fields, validate

from pronaflow_kernel.api import Id, PageQuery, Schema, Text, Timestamp


class TaskCommentPatch(Schema):
    """What somebody says otherwise."""

    content = Text(10_000, least=1, required=True)
    mentions = fields.List(
        Id(of="user"),
        validate=validate.Length(max=50),
        metadata={"description": "Users who see the project"},
    )


class TaskCommentIn(TaskCommentPatch):
    """What somebody says."""

    parent_comment_id = Id(
        of="comment",
        allow_none=True,
        metadata={
            "description": "The comment it answers; what answers an answer is put into the same thread"
        },
    )


class TaskCommentOut(Schema):
    """A comment; a deleted one has no content."""

    id = Id()
    comment_id = Id(attribute="id", dump_only=True)
    workspace_id = Id()
    project_id = Id()
    task_id = Id()
    parent_comment_id = Id(
        of="comment", allow_none=True, metadata={"description": "The comment that began its thread"}
    )
    content = fields.String(allow_none=True)
    mentions = fields.List(Id(of="user"))
    author = fields.String(allow_none=True)
    author_id = Id(allow_none=True)
    replies_count = fields.Integer()
    edited_at = Timestamp(allow_none=True)
    edit_count = fields.Integer()
    is_deleted = fields.Boolean()
    deleted_at = Timestamp(allow_none=True)
    version = fields.Integer()
    created_at = Timestamp()
    updated_at = Timestamp()


class TaskCommentQuery(PageQuery):
    """Filters of the list of comments."""

    thread = Id(
        of="comment",
        load_default=None,
        metadata={"description": "Only the comment that began the thread, and what answers it"},
    )
    top_level = fields.Boolean(
        load_default=None,
        metadata={"description": "Only those that begin a thread; false: only those that answer"},
    )


class TaskCommentVersion(Schema):
    """What a comment said until somebody edited or deleted it."""

    id = Id()
    comment_id = Id()
    content = fields.String()
    replaced_at = Timestamp()
    replaced_by = Id(of="user", allow_none=True)
    replaced_by_username = fields.String(allow_none=True)
