"""Comments over HTTP."""

from __future__ import annotations

from typing import Any

from pronaflow_kernel.api import Answer, Blueprint, Page, PageQuery, Reader, Row, UnitOfWork, in_path

from .schemas import TaskCommentIn, TaskCommentOut, TaskCommentPatch, TaskCommentQuery, TaskCommentVersion
from .service import CommentService

TASK = in_path("task")
COMMENT = in_path("comment")
ONE: dict[str, Any] = {"returns": TaskCommentOut, "resource": "comment"}


def add_comments(blp: Blueprint, service: CommentService) -> None:
    """Add the routes under `/{task_id}/comments` and `/comments`."""

    @blp.endpoint(
        "GET",
        "/<id:task_id>/comments",
        permission="tasks.read",
        target=TASK,
        query=TaskCommentQuery,
        many=True,
        **ONE,
    )
    def list_comments(reader: Reader, task_id: str, query: Any) -> Page:
        """List the comments of a task, all of them or one thread."""
        return service.page(reader, task_id, query)

    @blp.endpoint(
        "POST",
        "/<id:task_id>/comments",
        permission="tasks.comment",
        target=TASK,
        body=TaskCommentIn,
        status=201,
        **ONE,
    )
    def create_comment(uow: UnitOfWork, task_id: str, body: Any) -> Row:
        """Comment on a task."""
        said = dict(body)
        return service.show(uow, service.create(uow, task_id, said.pop("content"), said)["id"])

    @blp.endpoint("GET", "/comments/<id:comment_id>", permission="tasks.read", target=COMMENT, **ONE)
    def get_comment(reader: Reader, comment_id: str) -> Row:
        """Get a comment."""
        return service.show(reader, comment_id)

    @blp.endpoint(
        "GET",
        "/comments/<id:comment_id>/history",
        permission="tasks.read",
        target=COMMENT,
        query=PageQuery,
        returns=TaskCommentVersion,
        many=True,
    )
    def list_comment_versions(reader: Reader, comment_id: str, query: Any) -> Page:
        """List what a comment said before, for its author and who moderates."""
        return service.history(reader, comment_id, query)

    @blp.endpoint(
        "PATCH",
        "/comments/<id:comment_id>",
        permission="tasks.comment",
        target=COMMENT,
        body=TaskCommentPatch(partial=True),
        **ONE,
    )
    def edit_comment(uow: UnitOfWork, comment_id: str, body: Any) -> Row:
        """Edit your comment; what it said before is kept."""
        return service.edit(uow, comment_id, body)

    @blp.endpoint("DELETE", "/comments/<id:comment_id>", permission="tasks.comment", target=COMMENT)
    def delete_comment(uow: UnitOfWork, comment_id: str) -> Answer:
        """Delete a comment; a tombstone stays."""
        service.delete(uow, comment_id)
        return Answer(message="Comment deleted")
