"""Prebuilt reads of comments."""

from __future__ import annotations

from sqlalchemy import and_, bindparam, func, or_, select
from sqlalchemy.orm import aliased

from pronaflow_kernel.api import SCOPE_WORKSPACE, IdType, Listing, User, username_here

from ..models import Task
from .models import Comment, CommentHistory

COUNT = (
    select(func.count())
    .where(
        Comment.workspace_id == Task.workspace_id, Comment.task_id == Task.id, Comment.deleted_at.is_(None)
    )
    .correlate(Task)
    .scalar_subquery()
)
"""How many comments the task around it has."""

_AUTHOR = aliased(User)
_REPLY = aliased(Comment)

_REPLIES = (
    select(func.count())
    .where(
        _REPLY.workspace_id == Comment.workspace_id,
        _REPLY.parent_comment_id == Comment.id,
        _REPLY.deleted_at.is_(None),
    )
    .correlate(Comment)
    .scalar_subquery()
)

_COMMENTS_SHOWN = (
    select(Comment.__table__, username_here(_AUTHOR).label("author"), _REPLIES.label("replies_count"))
    .select_from(Comment.__table__.outerjoin(_AUTHOR, _AUTHOR.id == Comment.author_id))
    .where(Comment.workspace_id == SCOPE_WORKSPACE)
)

COMMENT = _COMMENTS_SHOWN.join(
    Task, and_(Task.id == Comment.task_id, Task.workspace_id == Comment.workspace_id)
).where(Comment.id == bindparam("id", type_=IdType()), Task.lifecycle != "trashed")

_THREAD = bindparam("thread", type_=IdType())

COMMENTS = Listing(
    _COMMENTS_SHOWN.where(Comment.task_id == bindparam("task_id", type_=IdType())),
    id=Comment.id,
    filters={
        "thread": or_(Comment.id == _THREAD, Comment.parent_comment_id == _THREAD),
        "top_level": and_(Comment.parent_comment_id.is_(None), bindparam("top_level")),
        "replies": and_(Comment.parent_comment_id.is_not(None), bindparam("replies")),
    },
    sorts={"created_at": Comment.created_at},
    default="created_at",
)

HISTORY = Listing(
    select(CommentHistory.__table__, username_here(_AUTHOR).label("replaced_by_username"))
    .select_from(CommentHistory.__table__.outerjoin(_AUTHOR, _AUTHOR.id == CommentHistory.replaced_by))
    .where(
        CommentHistory.workspace_id == SCOPE_WORKSPACE,
        CommentHistory.comment_id == bindparam("comment_id", type_=IdType()),
    ),
    id=CommentHistory.id,
    sorts={"replaced_at": CommentHistory.replaced_at},
    default="-replaced_at",
)
"""The earlier texts of a comment."""
