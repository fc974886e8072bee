"""What is announced of custom fields."""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from pronaflow_kernel.api import EventType, Id, Row, Schema


class CustomFieldPayload(Schema):
    """A custom field as events tell of it."""

    field_id = Id()
    project_id = Id()
    name = fields.String()
    type = fields.String()


def _event(what: str) -> EventType:
    name, summary = f"custom_field.{what}", f"A custom field of a project was {what}."
    return EventType(name, "CustomField", CustomFieldPayload, public=False, summary=summary)


FIELD_CREATED = _event("created")
FIELD_UPDATED = _event("updated")
FIELD_DELETED = _event("deleted")

FIELD_EVENTS = (FIELD_CREATED, FIELD_UPDATED, FIELD_DELETED)


def field_payload(field: Row) -> dict[str, Any]:
    """The payload of a custom field's events."""
    return {"field_id": field["id"], **{name: field[name] for name in ("project_id", "name", "type")}}
