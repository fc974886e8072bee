"""What is shown of a project's health."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, validates_schema

from pronaflow_kernel.api import Choice, Id, Schema, Text

from .measures import ALIASES, STATUSES


class ScheduleHealth(Schema):
    """Whether the tasks are done in time."""

    status = fields.String()
    progress = fields.Integer(metadata={"description": "Percent"})
    overdue = fields.Integer(metadata={"description": "Open tasks that should be done by now"})
    on_track = fields.Boolean()


class BudgetHealth(Schema):
    """Whether the money lasts; all null to those who do not see money."""

    status = fields.String(allow_none=True)
    spent_percentage = fields.Float(allow_none=True)
    spent = fields.Float(allow_none=True, metadata={"description": "Logged hours at the hourly rate"})


class ResourceHealth(Schema):
    """Whether people have the time that is needed."""

    status = fields.String()
    utilization = fields.Float(
        metadata={"description": "Percent of their hours until the end that open tasks take"}
    )


class Metrics(Schema):
    """The three measures."""

    schedule_health = fields.Nested(ScheduleHealth)
    budget_health = fields.Nested(BudgetHealth)
    resource_health = fields.Nested(ResourceHealth)


class MetricsOut(Schema):
    """How a project does: the worst of three measures, or what a manager says."""

    id = Id()
    project_id = Id(attribute="id", dump_only=True)
    health_status = fields.String()
    is_overridden = fields.Boolean()
    override_reason = fields.String(attribute="health_override_reason", allow_none=True)
    metrics = fields.Nested(Metrics)
    version = fields.Integer()


class HealthChange(Schema):
    """Body of PATCH /projects/{id}/health; `null` lets the measures speak again."""

    health_status = Choice(STATUSES, ALIASES, required=True, allow_none=True)
    reason = Text(1000, load_default=None, allow_none=True)

    @validates_schema
    def _with_reason(self, data: dict[str, Any], **_: Any) -> None:
        if data["health_status"] is not None and not data["reason"]:
            raise ValidationError("Say why.", "reason")
