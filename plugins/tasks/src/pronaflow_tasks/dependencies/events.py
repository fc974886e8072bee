"""What is announced of dependencies."""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from pronaflow_kernel.api import EventType, Id, Row, Schema


class DependencyPayload(Schema):
    """A dependency as events tell of it, in the project of the task that waits."""

    dependency_id = Id()
    project_id = Id()
    task_id = Id()
    depends_on_task_id = Id()
    dependency_type = fields.String()
    lag_days = fields.Integer()


DEPENDENCY_CREATED = EventType(
    "dependency.created", "Dependency", DependencyPayload, summary="A task depends on another one now."
)
DEPENDENCY_UPDATED = EventType(
    "dependency.updated", "Dependency", DependencyPayload, summary="A dependency was changed."
)
DEPENDENCY_DELETED = EventType(
    "dependency.deleted", "Dependency", DependencyPayload, summary="A dependency was deleted."
)

DEPENDENCY_EVENTS = (DEPENDENCY_CREATED, DEPENDENCY_UPDATED, DEPENDENCY_DELETED)

_COLUMNS = ("project_id", "task_id", "depends_on_task_id", "dependency_type", "lag_days")


def dependency_payload(link: Row) -> dict[str, Any]:
    """The payload of a dependency's events."""
    return {"dependency_id": link["id"], **{name: link[name] for name in _COLUMNS}}
