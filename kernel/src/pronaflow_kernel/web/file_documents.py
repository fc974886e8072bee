"""What the OpenAPI document says of routes that take and answer files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from marshmallow import Schema, fields

BINARY = {"type": "string", "format": "binary", "contentMediaType": "application/octet-stream"}
"""Bytes; both words for it, since tools know one or the other."""

_FILE = {"application/octet-stream": {"schema": BINARY}, "*/*": {"schema": BINARY}}
"""A file is of the type that its name tells, where that is a harmless one, else bytes."""

_PART = {
    "description": "One part of the file",
    "headers": {
        "Content-Range": {
            "description": "Which part, and of how many bytes",
            "schema": {"type": "string", "examples": ["bytes 0-99/1234"]},
        }
    },
    "content": _FILE,
}
_RANGE = {
    "in": "header",
    "name": "Range",
    "description": "The part that is wanted, such as `bytes=1000-`; of several, all of the file is answered",
    "schema": {"type": "string", "examples": ["bytes=1000-"]},
}
_IF_RANGE = {
    "in": "header",
    "name": "If-Range",
    "description": "ETag of the file of which the caller has the rest; if it is another one, all is answered",
    "schema": {"type": "string"},
}


def form_body(part: str, schema: Schema | None) -> dict[str, Any]:
    """The `requestBody` of a route that takes a file.

    Arguments:
        part: name of the file's part.
        schema: of the other parts.
    """
    kind = Schema if schema is None else type(schema)
    file = fields.Raw(required=True, metadata=BINARY)
    form = type(f"{kind.__name__}Form" if schema else "FileForm", (kind,), {part: file})
    form.__module__ = kind.__module__ if schema else __name__
    return {"required": True, "content": {"multipart/form-data": {"schema": form}}}


def document_parts(operation: dict[str, Any]) -> None:
    """Add to an operation that it answers a file, or a part of it."""
    operation.setdefault("parameters", []).extend([_RANGE, _IF_RANGE, "IfNoneMatch"])
    error = {"$ref": "#/components/responses/Error"}
    whole = {"description": "The file", "content": _FILE}
    not_modified = {"$ref": "#/components/responses/NotModified"}
    operation["responses"] |= {"200": whole, "206": _PART, "304": not_modified, "416": error}


def document_formats(operation: dict[str, Any], formats: Sequence[str]) -> None:
    """Add to an operation that it also answers in other formats than the envelope.

    The key is a number, as flask-smorest has it, so that both are said and not this alone.
    """
    content: dict[str, Any] = {name: {"schema": {}} for name in formats}
    operation["responses"] |= {200: {"description": "In the format asked for", "content": content}}
