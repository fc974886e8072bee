"""What this plugin holds of a user, for the export of personal data.

Nothing is erased here: rows hold ids alone, and what people wrote stays with its workspace (modules.md,
section 8 item 13).
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, or_, select

from pronaflow_kernel.api import IdType, Reader, Row, unscoped

from .models import Comment, CommentHistory, Task

_USER = bindparam("user_id", type_=IdType())
_OWN_COMMENTS = select(Comment.id).where(Comment.author_id == _USER)

_KINDS: dict[str, Any] = {
    kind: unscoped("a user's data is collected from all workspaces", statement)
    for kind, statement in {
        "tasks": select(Task.__table__).where(or_(Task.created_by == _USER, Task.assigned_to == _USER)),
        "comments": select(Comment.__table__).where(
            or_(Comment.author_id == _USER, Comment.deleted_by == _USER)
        ),
        "comment_history": select(CommentHistory.__table__).where(
            or_(CommentHistory.replaced_by == _USER, CommentHistory.comment_id.in_(_OWN_COMMENTS))
        ),
    }.items()
}


def collect(reader: Reader, user_id: str) -> dict[str, list[Row]]:
    """Tasks that the user made or is assigned to, and comments with their earlier texts."""
    return {kind: reader.all(statement, user_id=user_id) for kind, statement in _KINDS.items()}
