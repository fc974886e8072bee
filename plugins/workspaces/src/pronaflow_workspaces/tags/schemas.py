"""Tags as they are sent and shown."""

from __future__ import annotations

import re

from marshmallow import ValidationError, fields, validate

from pronaflow_kernel.api import Choice, Id, PageQuery, Schema, Text, Timestamp

ENTITIES = ("task", "project", "note")
"""Kinds of things that can have tags."""


def _printable(name: str) -> None:
    if not name.isprintable():
        raise ValidationError("May not contain control characters.")


class _TagFields(Schema):
    color = fields.String(
        allow_none=True,
        validate=validate.Regexp(
            r"#([0-9a-f]{3}|[0-9a-f]{6})(?![\s\S])",
            re.ASCII | re.IGNORECASE,
            error="Must be a colour such as #1f6feb.",
        ),
        metadata={"examples": ["#1f6feb"]},
    )
    entity_type_limit = Choice(
        (*ENTITIES, "all"), metadata={"description": "The one kind of thing that it is for"}
    )


class TagIn(_TagFields):
    """A new tag."""

    name = Text(50, least=1, validate=[_printable], required=True)


class TagPatch(_TagFields):
    """Changes of a tag."""

    name = Text(50, least=1, validate=[_printable])


class TagQuery(PageQuery):
    """Query of the list of tags."""

    search = Text(50, load_default=None, metadata={"description": "How the name begins"})
    entity_type = Choice(
        ENTITIES, load_default=None, metadata={"description": "Only tags that such a thing may have"}
    )


class TagOut(Schema):
    """A tag."""

    id = Id()
    tag_id = Id(attribute="id", dump_only=True)
    workspace_id = Id()
    name = fields.String()
    color = fields.String(allow_none=True)
    entity_type_limit = fields.String()
    created_at = Timestamp()
    updated_at = Timestamp()
