"""What callers send and are shown of files (modules.md 4.1)."""

from __future__ import annotations

from marshmallow import fields, validate

from pronaflow_kernel.api import Id, PageQuery, Schema, Text, Timestamp

VERSION = {"description": "Number of a version, from 1 on"}


class TaskFileIn(Schema):
    """What is said of a file that is uploaded; without a description it keeps the one that it has."""

    description = Text(1000)


class TaskFilePatch(Schema):
    """What is said of a file otherwise."""

    filename = Text(255, least=1)
    description = Text(1000, allow_none=True)


class TaskFileRevert(Schema):
    """Which version is to come again."""

    to_version = fields.Integer(required=True, strict=True, validate=validate.Range(1), metadata=VERSION)


class TaskFileQuery(PageQuery):
    """Filters of the list of files."""

    filename = fields.String(load_default=None, metadata={"description": "Only the file of this name"})


class TaskFileContentQuery(Schema):
    """Which content is wanted."""

    version = fields.Integer(
        load_default=None,
        validate=validate.Range(1),
        metadata={"description": "Number of a version; without one, the current"},
    )


class TaskFileVersionOut(Schema):
    """What a file was from one upload to the next."""

    version = fields.Integer(attribute="number", metadata=VERSION)
    size = fields.Integer(metadata={"description": "Bytes"})
    sha256 = fields.String(metadata={"description": "Digest of the content, hexadecimal"})
    url = fields.URL(metadata={"description": "Where the content is"})
    uploaded_by = Id(of="user", allow_none=True)
    uploaded_by_username = fields.String(allow_none=True)
    uploaded_at = Timestamp()


class TaskFileOut(TaskFileVersionOut):
    """A file with its current version."""

    id = Id()
    file_id = Id(attribute="id", dump_only=True)
    workspace_id = Id()
    project_id = Id()
    task_id = Id()
    filename = fields.String(attribute="name")
    description = fields.String(allow_none=True)
    media_type = fields.String(metadata={"description": "As its name says; others are bytes and no more"})
    created_by = Id(of="user", allow_none=True)
    created_at = Timestamp()
    updated_at = Timestamp()


class TaskFileDetail(TaskFileOut):
    """A file with its latest versions."""

    versions = fields.List(
        fields.Nested(TaskFileVersionOut), metadata={"description": "The latest 100, newest first"}
    )
