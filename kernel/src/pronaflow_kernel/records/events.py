"""What is announced of records of every resource type."""

from __future__ import annotations

from marshmallow import fields

from ..events.types import EventType
from ..web.fields import Id, Schema
from .resources import Resource


class PurgedPayload(Schema):
    """What is gone for good; its title is gone with it."""

    resource_type = fields.String()
    resource_id = Id()


def purged(resource: Resource) -> EventType:
    """The event that a record of a type was deleted for good, `task.purged`; the kernel announces it."""
    words = resource.name.replace("_", " ")
    return EventType(
        f"{resource.name}.purged",
        resource.model.__name__,
        PurgedPayload,
        summary=f"A {words} was deleted for good.",
    )
