"""Files at tasks over HTTP."""

from __future__ import annotations

from typing import Any

from pronaflow_kernel.api import Answer, Blueprint, Download, Page, Reader, Row, UnitOfWork, Upload, in_path

from .schemas import (
    TaskFileContentQuery,
    TaskFileDetail,
    TaskFileIn,
    TaskFileOut,
    TaskFilePatch,
    TaskFileQuery,
    TaskFileRevert,
)
from .service import FileService

TASK = in_path("task")
FILE = in_path("file")
OF_TASK = in_path("file", within="task_id")
FILES = "/tasks/<id:task_id>/files"
ONE = f"{FILES}/<id:file_id>"


def build(service: FileService) -> Blueprint:
    """Files below `/tasks/{task_id}/files`, and what they hold at `/files/{file_id}`."""
    blp = Blueprint(
        "tasks", url_prefix="/api/v1", tag="Files", summary="Files at tasks", name="tasks_attachments"
    )
    _add_collection(blp, service)
    _add_record(blp, service)
    return blp


def _add_collection(blp: Blueprint, service: FileService) -> None:
    @blp.endpoint(
        "GET",
        FILES,
        permission="tasks.read",
        target=TASK,
        query=TaskFileQuery,
        returns=TaskFileOut,
        many=True,
        resource="file",
    )
    def list_files(reader: Reader, task_id: str, query: Any) -> Page:
        """List the files of a task."""
        return service.page(reader, task_id, query)

    @blp.endpoint(
        "POST",
        FILES,
        permission="tasks.attach",
        target=TASK,
        upload="file",
        body=TaskFileIn,
        returns=TaskFileOut,
        status=201,
        resource="file",
    )
    def upload_file(uow: UnitOfWork, task_id: str, upload: Upload, body: Any) -> Row:
        """Add a file to a task.

        A file with the name of one that is there becomes its new version; the older ones stay. How large a
        file may be and which types are refused is for the operator to say; by default 100 MiB, and what a
        system would run. There is no `Idempotency-Key`: sent twice, it is two versions of the same `sha256`.
        """
        return service.upload(uow, task_id, upload, body)


def _add_record(blp: Blueprint, service: FileService) -> None:
    one: dict[str, Any] = {"returns": TaskFileDetail, "resource": "file"}

    @blp.endpoint("GET", ONE, permission="tasks.read", target=OF_TASK, **one)
    def get_file(reader: Reader, task_id: str, file_id: str) -> Row:
        """Get what is known of a file, and its versions."""
        return service.show(reader, task_id, file_id)

    @blp.endpoint("PATCH", ONE, permission="tasks.attach", target=OF_TASK, body=TaskFilePatch, **one)
    def update_file(uow: UnitOfWork, task_id: str, file_id: str, body: Any) -> Row:
        """Change the name or the description of a file."""
        return service.change(uow, task_id, file_id, body)

    @blp.endpoint("DELETE", ONE, permission="tasks.attach", target=OF_TASK)
    def delete_file(uow: UnitOfWork, task_id: str, file_id: str) -> Answer:
        """Delete a file with all its versions, for who added it and for managers."""
        service.delete(uow, file_id, task_id)
        return Answer(message="File deleted")

    @blp.endpoint(
        "POST",
        f"{ONE}/revert",
        permission="tasks.attach",
        target=OF_TASK,
        body=TaskFileRevert,
        returns=TaskFileOut,
        resource="file",
    )
    def revert_file(uow: UnitOfWork, task_id: str, file_id: str, body: Any) -> Row:
        """Let an older version come again, as a new one; the current one stays as it is."""
        return service.revert(uow, task_id, file_id, body["to_version"])

    @blp.endpoint(
        "GET",
        "/files/<id:file_id>",
        permission="tasks.read",
        target=FILE,
        query=TaskFileContentQuery,
        download=True,
    )
    def download_file(reader: Reader, file_id: str, query: Any) -> Download:
        """Download a file, in parts where `Range` asks for one."""
        return service.content(reader, file_id, query["version"])
