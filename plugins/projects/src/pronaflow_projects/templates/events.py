"""What is announced of templates."""

from __future__ import annotations

from marshmallow import fields

from pronaflow_kernel.api import EventType, Id, Row, Schema


class TemplatePayload(Schema):
    """Which template; its name is not told, since it may be its creator's alone."""

    template_id = Id()
    is_public = fields.Boolean()


def _template(name: str, summary: str) -> EventType:
    return EventType(name, "ProjectTemplate", TemplatePayload, summary=summary)


TEMPLATE_CREATED = _template("project_template.created", "A template of projects was saved.")
TEMPLATE_UPDATED = _template("project_template.updated", "A template of projects was changed.")
TEMPLATE_DELETED = _template("project_template.deleted", "A template of projects was deleted.")

TEMPLATE_EVENTS = (TEMPLATE_CREATED, TEMPLATE_UPDATED, TEMPLATE_DELETED)


def template_payload(template: Row) -> Row:
    """The payload of a template's events."""
    return {"template_id": template["id"], "is_public": template["is_public"]}
