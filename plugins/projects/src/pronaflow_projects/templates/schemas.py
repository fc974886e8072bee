"""Templates of projects as they are sent and shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, fields, validates_schema

from pronaflow_kernel.api import Id, PageQuery, Schema, Text, Timestamp, WorkspaceQuery

from .structure import Structure, empty


class _TemplateFields(Schema):
    name = Text(100, least=1, required=True)
    description = Text(10_000, allow_none=True)
    is_public = fields.Boolean(
        metadata={"description": "Whether the whole workspace may use it, or you and its owners alone"}
    )
    structure = fields.Nested(
        Structure,
        metadata={"description": "E.g. `{phases: [{name: Plan, duration_days: 5, tasks: [Draw]}]}`"},
    )


class TemplateCreate(_TemplateFields):
    """Body of POST /projects/templates; without a structure and a project, an empty one."""

    workspace_id = Id(load_default=None)
    from_project_id = Id(
        of="project", load_default=None, metadata={"description": "Take the structure of this project"}
    )

    @validates_schema
    def _one_source(self, data: Mapping[str, Any], **_: Any) -> None:
        if data.get("structure", empty()) != empty() and data.get("from_project_id") is not None:
            raise ValidationError("Send structure or from_project_id, not both.", "structure")


class TemplatePatch(_TemplateFields):
    """Body of PATCH /projects/templates/{id}; a structure replaces the one that was there."""


class TemplateRow(Schema):
    """A template in a list."""

    id = Id()
    template_id = Id(attribute="id", dump_only=True)
    workspace_id = Id()
    name = fields.String()
    description = fields.String(allow_none=True)
    is_public = fields.Boolean()
    created_by = Id(of="user", allow_none=True)
    version = fields.Integer()
    created_at = Timestamp()
    updated_at = Timestamp()


class TemplateOut(TemplateRow):
    """A template by itself."""

    structure = fields.Dict(metadata={"description": "As it is sent, with every key"})


class TemplateQuery(PageQuery, WorkspaceQuery):
    """Filters of the list of templates."""

    is_public = fields.Boolean(load_default=None)
    search = Text(100, load_default=None, metadata={"description": "Part of the name"})
