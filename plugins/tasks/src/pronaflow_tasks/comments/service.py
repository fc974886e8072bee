"""Comments: what people say about a task. Edits keep the earlier text, deletion leaves a tombstone.

Threads have one level: who answers an answer answers in its thread. That is how people read them, and what
is deleted leaves the thread whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pronaflow_kernel.api import (
    Context,
    NotFound,
    Page,
    Problem,
    Reader,
    Row,
    UnitOfWork,
    ValidationFailed,
    invalid,
)
from pronaflow_projects.api import Projects

from ..models import Task
from ..people.queries import SEEING
from ..people.service import WatcherService
from ..rights import Rights
from . import queries
from .events import COMMENT_CREATED, COMMENT_DELETED, COMMENT_UPDATED, comment_payload
from .models import Comment, CommentHistory


class CommentService:
    """Comments of tasks.

    Arguments:
        ctx: of the plugin.
        watchers: who comments watches.
    """

    def __init__(self, ctx: Context, watchers: WatcherService) -> None:
        self._ctx = ctx
        self._watchers = watchers
        self._rights = Rights(ctx)

    def page(self, reader: Reader, task_id: str, query: Mapping[str, Any]) -> Page:
        """The comments of a task, tombstones too, oldest first unless asked otherwise.

        Raises:
            NotFound: the task is gone.
        """
        reader.get(Task, task_id)
        filters = {"thread": query["thread"], "top_level": query["top_level"]}
        if filters["top_level"] is False:
            filters |= {"top_level": None, "replies": True}
        page = queries.COMMENTS.page(reader, query, filters, task_id=task_id)
        for row in page.rows:
            _shown(row)
        return page

    def create(self, uow: UnitOfWork, task_id: str, content: str, values: Mapping[str, Any]) -> Row:
        """Say something.

        Arguments:
            values: `parent_comment_id` and `mentions`; `author_id` and `created_at`, where it was somebody
                else or earlier.

        Raises:
            NotFound: the task is gone.
            ValidationFailed: the task has no such parent, or somebody is mentioned who does not see it.
            Conflict: its project takes no comments.
        """
        task = self._task(uow, task_id)
        row = {"author_id": uow.scope.principal.user_id, **values}
        row["parent_comment_id"] = _thread(uow, task_id, row.get("parent_comment_id"))
        row["mentions"] = _mentioned(uow, task["project_id"], row.get("mentions") or ())
        row |= {"task_id": task_id, "project_id": task["project_id"], "content": content}
        comment = uow.insert(Comment, row)
        self._watchers.commented(uow, task_id, comment["author_id"])
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

    def history(self, reader: Reader, comment_id: str, query: Mapping[str, Any]) -> Page:
        """What a comment said before, also one that is deleted; the latest first.

        Raises:
            NotFound: there is none.
            Forbidden: the caller neither wrote it nor moderates.
        """
        comment = reader.one(queries.COMMENT, id=comment_id)
        if comment is None:
            raise NotFound(f"Comment {comment_id} was not found")
        self._rights.delete_comment(reader, comment)
        return queries.HISTORY.page(reader, query, comment_id=comment_id)

    def edit(self, uow: UnitOfWork, comment_id: str, changes: Mapping[str, Any]) -> Row:
        """Change one's own words, which keeps what they were, or who is mentioned.

        Arguments:
            changes: `content` and `mentions`, as far as they are sent.

        Raises:
            Forbidden: somebody else's.
            NotFound, ValidationFailed, Conflict: as in `create`.
        """
        comment = self._comment(uow, comment_id)
        self._rights.edit_comment(uow, comment)
        found = dict(changes)
        if "mentions" in found:
            found["mentions"] = _mentioned(
                uow, comment["project_id"], found["mentions"], known=comment["mentions"]
            )
        if found.get("content", comment["content"]) != comment["content"]:
            found |= {"edited_at": uow.now, "edit_count": comment["edit_count"] + 1}
            self._keep(uow, comment)
        update = uow.update(Comment, comment, found)
        if update.changes:
            # Neither what is said nor when: the ledger is never erased.
            told = {name: each for name, each in update.changes.items() if name in ("edit_count", "mentions")}
            self._publish(uow, COMMENT_UPDATED, update.row, told)
        return self.show(uow, comment_id)

    def delete(self, uow: UnitOfWork, comment_id: str) -> None:
        """Leave a tombstone in place of a comment; answers to it stay.

        Raises:
            Forbidden: somebody else's, and the caller does not moderate.
            NotFound, Conflict: as in `create`.
        """
        comment = self._comment(uow, comment_id)
        self._rights.delete_comment(uow, comment)
        self._keep(uow, comment)
        gone = {
            "content": "",
            "mentions": [],
            "deleted_at": uow.now,
            "deleted_by": uow.scope.principal.user_id,
        }
        self._publish(uow, COMMENT_DELETED, uow.update(Comment, comment, gone).row, None)

    def _task(self, uow: UnitOfWork, task_id: str) -> Row:
        task = uow.get(Task, task_id)
        self._ctx.services.require(Projects).editable(uow, task["project_id"], comments=True)
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


def _thread(uow: UnitOfWork, task_id: str, parent_id: str | None) -> str | None:
    """The comment that began the thread in which a parent is answered.

    Raises:
        ValidationFailed: the task has no such comment, or it is deleted.
    """
    if parent_id is None:
        return None
    parent = uow.one(queries.COMMENT, id=parent_id)
    if parent is None or parent["task_id"] != task_id or parent["deleted_at"] is not None:
        raise invalid("parent_comment_id", "There is no such comment on the task.", "not_found")
    return str(parent["parent_comment_id"] or parent["id"])


def _mentioned(
    uow: UnitOfWork, project_id: str, user_ids: Sequence[str], known: Sequence[str] = ()
) -> list[str]:
    """Who is mentioned, each of them once.

    Arguments:
        known: who was before; they may have left since then.

    Raises:
        ValidationFailed: somebody does not see the project.
    """
    wanted = list(dict.fromkeys(user_ids))
    new = [user_id for user_id in wanted if user_id not in known]
    seeing = {row["user_id"] for row in uow.all(SEEING, ids=new, project_id=project_id)} if new else set()
    problems = [
        Problem(f"mentions.{index}", "Does not see the project.", "not_a_member")
        for index, user_id in enumerate(user_ids)
        if user_id in new and user_id not in seeing
    ]
    if problems:
        raise ValidationFailed(problems)
    return wanted


def _shown(comment: Row) -> Row:
    comment["is_deleted"] = comment["deleted_at"] is not None
    if comment["is_deleted"]:
        comment["content"] = None
    return comment
