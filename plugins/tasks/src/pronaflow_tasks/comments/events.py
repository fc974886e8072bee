"""What is announced of comments."""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from pronaflow_kernel.api import EventType, Id, Row, Schema


class CommentPayload(Schema):
    """A comment as events tell of it; its text stays out of the ledger, which is never erased."""

    comment_id = Id()
    task_id = Id()
    project_id = Id()
    author_id = Id(allow_none=True)
    parent_comment_id = Id(of="comment", allow_none=True)
    mentions = fields.List(Id(of="user"))


COMMENT_CREATED = EventType("comment.created", "Comment", CommentPayload, summary="A comment was written.")
COMMENT_UPDATED = EventType("comment.updated", "Comment", CommentPayload, summary="A comment was edited.")
COMMENT_DELETED = EventType("comment.deleted", "Comment", CommentPayload, summary="A comment was deleted.")

COMMENT_EVENTS = (COMMENT_CREATED, COMMENT_UPDATED, COMMENT_DELETED)


def comment_payload(comment: Row) -> dict[str, Any]:
    """The payload of a comment's events."""
    return {
        "comment_id": comment["id"],
        "task_id": comment["task_id"],
        "project_id": comment["project_id"],
        "author_id": comment["author_id"],
        "parent_comment_id": comment["parent_comment_id"],
        "mentions": comment["mentions"],
    }
