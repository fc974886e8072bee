"""What the routes of personal data read and show."""

from __future__ import annotations

from marshmallow import fields

from pronaflow_kernel.api import Id, PageQuery, Schema, Timestamp, WorkspaceQuery

from .models import DONE, REFUSED, WAITING


class MyDataOut(Schema):
    """All that is held of a person, without secrets."""

    user_id = Id()
    generated_at = Timestamp()
    kernel = fields.Dict(keys=fields.String(), metadata={"description": "Rows by kind"})
    plugins = fields.Dict(keys=fields.String(), metadata={"description": "Rows by kind, below the plugin"})
    left_out = fields.List(
        fields.String(), metadata={"description": "Plugins that may hold something and did not answer"}
    )


class ExportsQuery(PageQuery, WorkspaceQuery):
    """A page of them."""


class DataExportOut(Schema):
    """A file with all that is held of a person."""

    id = Id()
    data_export_id = Id(attribute="id", dump_only=True)
    status = fields.String(metadata={"enum": [WAITING, DONE]})
    size = fields.Integer(allow_none=True, metadata={"description": "Bytes; null while it is made"})
    created_at = Timestamp()
    expires_at = Timestamp(metadata={"description": "The file goes then, 24 hours after it was made"})
    download_url = fields.String(allow_none=True)


class ErasureIn(Schema):
    """Who is to be forgotten."""

    user_id = Id(required=True)


class ErasureOut(Schema):
    """Somebody who is to be forgotten, or was."""

    id = Id()
    erasure_id = Id(attribute="id", dump_only=True)
    user_id = Id()
    status = fields.String(metadata={"enum": [WAITING, DONE, REFUSED]})
    problem = fields.String(allow_none=True, metadata={"description": "Why it was refused, in a sentence"})
    created_at = Timestamp()
    finished_at = Timestamp(allow_none=True)
    certificate_url = fields.String(allow_none=True)
