"""What is announced of tags."""

from __future__ import annotations

from marshmallow import fields

from pronaflow_kernel.api import EventType, Id, Schema


class TagPayload(Schema):
    """Which tag."""

    workspace_id = Id()
    tag_id = Id()
    name = fields.String()


TAG_CREATED = EventType("tag.created", "Tag", TagPayload, summary="A tag was added to a workspace.")
TAG_UPDATED = EventType("tag.updated", "Tag", TagPayload, summary="A tag was renamed or changed.")
TAG_DELETED = EventType("tag.deleted", "Tag", TagPayload, summary="A tag was taken from all that had it.")

TAG_EVENTS = (TAG_CREATED, TAG_UPDATED, TAG_DELETED)
