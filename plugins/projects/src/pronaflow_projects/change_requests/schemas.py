"""What change requests take and show (modules.md 3.1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import fields, pre_load, validate

from pronaflow_kernel.api import Choice, Id, PageQuery, Schema, Text, Timestamp, renamed

from ..schemas import ProjectFields
from .machine import STATUSES

SCOPES = ("scope_change", "timeline_change", "budget_change", "resource_change")
SCOPE_ALIASES = {
    "scope": "scope_change",
    "schedule": "timeline_change",
    "timeline": "timeline_change",
    "cost": "budget_change",
    "budget": "budget_change",
    "resource": "resource_change",
}
_RENAMED = {"type": "scope", "impact_assessment": "impact_analysis"}
"""What the sources call fields, and what they are called here."""

WISHES = (
    "name",
    "description",
    "project_type",
    "priority",
    "risk_level",
    "start_date",
    "end_date",
    "budget",
    "new_task_lists",
)
"""What can be asked for; status, key, visibility and mode have ways of their own."""


class RequestedChanges(ProjectFields):
    """What a change request asks for: fields of the project as PATCH takes them, and lists to be made."""

    class Meta(Schema.Meta):
        fields = WISHES

    new_task_lists = fields.List(
        Text(100, least=1),
        validate=validate.Length(1, 50),
        metadata={"description": "Names of task lists that the project is to get"},
    )


WISH = RequestedChanges(partial=True)
"""Loads what was asked for, when it is asked and again when it is applied."""


class _ChangeRequestFields(Schema):
    title = Text(255, least=1, required=True)
    description = Text(10_000, load_default=None, allow_none=True)
    scope = Choice(
        SCOPES, SCOPE_ALIASES, load_default="scope_change", metadata={"description": "Also as `type`"}
    )
    impact_analysis = Text(
        10_000,
        load_default=None,
        allow_none=True,
        metadata={"description": "Also as `impact_assessment`"},
    )
    requested_changes = fields.Nested(
        WISH,
        load_default=dict,
        metadata={"description": "Applied when it is approved", "examples": [{"risk_level": "high"}]},
    )

    @pre_load
    def _as_called_here(self, data: Any, **_: Any) -> Any:
        for alias, name in _RENAMED.items():
            data = renamed(data, alias, name)
        return data


class ChangeRequestCreate(_ChangeRequestFields):
    """Body of POST /projects/{id}/change-requests."""

    status = Choice(("draft", "pending"), load_default="pending")


class ChangeRequestPatch(_ChangeRequestFields):
    """Body of PATCH .../change-requests/{id}; decisions have a route of their own."""

    status = Choice(
        ("draft", "pending", "implemented"),
        metadata={
            "description": "`pending` submits a draft; `implemented` tells that what was approved is done",
            "examples": ["pending"],
        },
    )


class Decision(Schema):
    """Body of PATCH .../change-requests/{id}/approve."""

    approved = fields.Boolean(
        required=True, metadata={"description": "Also as `status`: approved or rejected"}
    )
    reviewer_notes = Text(10_000, load_default=None, allow_none=True)

    @pre_load
    def _as_called_here(self, data: Any, **_: Any) -> Any:
        if not isinstance(data, Mapping) or "status" not in data or "approved" in data:
            return data
        words = {"approved": True, "rejected": False}
        status = data["status"]
        meant = words.get(status.lower(), status) if isinstance(status, str) else status
        return {**{name: value for name, value in data.items() if name != "status"}, "approved": meant}


class ChangeRequestOut(Schema):
    """A change request; an asked budget only to those who see money."""

    id = Id()
    change_request_id = Id(attribute="id", dump_only=True)
    workspace_id = Id()
    project_id = Id()
    title = fields.String()
    description = fields.String(allow_none=True)
    scope = fields.String()
    impact_analysis = fields.String(allow_none=True)
    requested_changes = fields.Dict(keys=fields.String())
    status = fields.String()
    created_by = Id(allow_none=True)
    reviewer_id = Id(allow_none=True)
    reviewer_notes = fields.String(allow_none=True)
    reviewed_at = Timestamp(allow_none=True, metadata={"description": "When it was decided on"})
    approved_at = Timestamp(allow_none=True)
    implemented_at = Timestamp(allow_none=True)
    version = fields.Integer()
    created_at = Timestamp()
    updated_at = Timestamp()


class ChangeRequestQuery(PageQuery):
    """Filters of the change requests of a project."""

    status = Choice(STATUSES, load_default=None)
    scope = Choice(SCOPES, SCOPE_ALIASES, load_default=None)
    created_by = Id(of="user", load_default=None)
