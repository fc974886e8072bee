"""Comments: what people say about a task. Edits keep the earlier text, deletion leaves a tombstone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pronaflow_kernel.api import Context, NotFound, Page, Reader, Row, UnitOfWork
from pronaflow_projects.api import Projects

from . import queries
from .events import COMMENT_CREATED, COMMENT_DELETED, COMMENT_UPDATED, comment_payload
from .models import Comment, CommentHistory, Task
from .rights import Rights


class CommentService:
    """Comments of tasks.

    Arguments:
        ctx: of the plugin.
    """

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._rights = Rights(ctx)

    def page(self, reader: Reader, task_id: str, query: Mapping[str, Any]) -> Page:
        """The comments of a task, tombstones too, oldest first unless asked otherwise.

        Raises:
            NotFound: the task is gone.
        """
        reader.get(Task, task_id)
        page = queries.COMMENTS.page(reader, query, task_id=task_id)
        for row in page.rows:
            _shown(row)
        return page

    def create(self, uow: UnitOfWork, task_id: str, content: str, values: Mapping[str, Any]) -> Row:
        """Say something.

        Arguments:
            values: `author_id` and `created_at`, where it was somebody else or earlier.

        Raises:
            NotFound: the task is gone.
            Conflict: its project takes no changes.
        """
        task = self._task(uow, task_id)
        author = {"author_id": uow.scope.principal.user_id, **values}
        row = {"task_id": task_id, "project_id": task["project_id"], "content": content, **author}
        comment = uow.insert(Comment, row)
        uow.publish(
            COMMENT_CREATED,
            comment["id"],
            comment_payload(comment),
            container_id=task["project_id"],
            occurred_at=comment["created_at"],
        )
        return comment

    def show(self, reader: Reader, comment_id: str) -> Row:
        """A comment with its author's name.

        Raises:
            NotFound: there is none, or it is deleted.
        """
        comment = reader.one(queries.COMMENT, id=comment_id)
        if comment is None or comment["deleted_at"] is not None:
            raise NotFound(f"Comment {comment_id} was not found")
        return _shown(comment)

    def edit(self, uow: UnitOfWork, comment_id: str, content: str | None) -> Row:
        """Change one's own words; what they were is kept.

        Raises:
            Forbidden: somebody else's.
            NotFound, Conflict: as in `create`.
        """
        comment = self._comment(uow, comment_id)
        self._rights.edit_comment(uow, comment)
        if content is None or content == comment["content"]:
            return self.show(uow, comment_id)
        changes = {"content": content, "edited_at": uow.now, "edit_count": comment["edit_count"] + 1}
        self._keep(uow, comment)
        update = uow.update(Comment, comment, changes)
        self._publish(uow, COMMENT_UPDATED, update.row, {"edit_count": update.changes["edit_count"]})
        return self.show(uow, comment_id)

    def delete(self, uow: UnitOfWork, comment_id: str) -> None:
        """Leave a tombstone in place of a comment.

        Raises:
            Forbidden: somebody else's, and the caller does not moderate.
            NotFound, Conflict: as in `create`.
        """
        comment = self._comment(uow, comment_id)
        self._rights.delete_comment(uow, comment)
        self._keep(uow, comment)
        gone = {"content": "", "deleted_at": uow.now, "deleted_by": uow.scope.principal.user_id}
        self._publish(uow, COMMENT_DELETED, uow.update(Comment, comment, gone).row, None)

    def _task(self, uow: UnitOfWork, task_id: str) -> Row:
        task = uow.get(Task, task_id)
        self._ctx.services.require(Projects).editable(uow, task["project_id"])
        return task

    def _comment(self, uow: UnitOfWork, comment_id: str) -> Row:
        comment = uow.get(Comment, comment_id)
        if comment["deleted_at"] is not None:
            raise NotFound(f"Comment {comment_id} was not found")
        self._task(uow, comment["task_id"])
        return comment

    def _keep(self, uow: UnitOfWork, comment: Row) -> None:
        uow.insert(
            CommentHistory,
            {
                "comment_id": comment["id"],
                "content": comment["content"],
                "replaced_at": uow.now,
                "replaced_by": uow.scope.principal.user_id,
            },
        )

    def _publish(self, uow: UnitOfWork, event: Any, comment: Row, changes: Mapping[str, Any] | None) -> None:
        where = comment["project_id"]
        uow.publish(event, comment["id"], comment_payload(comment), changes=changes, container_id=where)


def _shown(comment: Row) -> Row:
    comment["is_deleted"] = comment["deleted_at"] is not None
    if comment["is_deleted"]:
        comment["content"] = None
    return comment
