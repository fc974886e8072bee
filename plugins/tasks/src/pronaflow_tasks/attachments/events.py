"""What is announced of files."""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from pronaflow_kernel.api import EventType, Id, Row, Schema


class FilePayload(Schema):
    """A file as events tell of it; name and description are people's words, and stay out of the ledger."""

    file_id = Id()
    task_id = Id()
    project_id = Id()
    version = fields.Integer()


FILE_UPLOADED = EventType("file.uploaded", "File", FilePayload, summary="A file, or a new version, came.")
FILE_UPDATED = EventType(
    "file.updated", "File", FilePayload, summary="The name or the description of a file was changed."
)
FILE_DELETED = EventType("file.deleted", "File", FilePayload, summary="A file went with all its versions.")

FILE_EVENTS = (FILE_UPLOADED, FILE_UPDATED, FILE_DELETED)


def file_payload(file: Row) -> dict[str, Any]:
    """The payload of a file's events."""
    return {
        "file_id": file["id"],
        "task_id": file["task_id"],
        "project_id": file["project_id"],
        "version": file["current"],
    }
