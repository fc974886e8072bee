"""The custom fields of a project over HTTP."""

from __future__ import annotations

from typing import Any

from pronaflow_kernel.api import Answer, Blueprint, Page, Reader, Row, UnitOfWork, in_path

from .schemas import CustomFieldCreate, CustomFieldForce, CustomFieldOut, CustomFieldPatch, CustomFieldQuery
from .service import CustomFieldService

PROJECT = in_path("project")
FIELD = in_path("custom_field", "field_id", within="project_id")
ONE: dict[str, Any] = {"returns": CustomFieldOut, "resource": "custom_field"}


def build(service: CustomFieldService) -> Blueprint:
    """Custom fields of a project."""
    blp = Blueprint(
        "tasks",
        url_prefix="/api/v1/projects/<id:project_id>/custom-fields",
        tag="Custom fields",
        summary="What the tasks of a project say beside what all tasks do",
        name="tasks_custom_fields",
    )
    _add_collection(blp, service)
    _add_record(blp, service)
    return blp


def _add_collection(blp: Blueprint, service: CustomFieldService) -> None:
    @blp.endpoint(
        "GET", "", permission="tasks.read", target=PROJECT, query=CustomFieldQuery, many=True, **ONE
    )
    def list_custom_fields(reader: Reader, project_id: str, query: Any) -> Page:
        """List the custom fields of a project."""
        return service.page(reader, project_id, query)

    @blp.endpoint(
        "POST",
        "",
        permission="tasks.custom_fields",
        target=PROJECT,
        body=CustomFieldCreate,
        status=201,
        **ONE,
    )
    def create_custom_field(uow: UnitOfWork, project_id: str, body: Any) -> Row:
        """Create a custom field.

        Its name is unique in the project whatever its case; a project has at most 50.
        """
        return service.create(uow, project_id, body)


def _add_record(blp: Blueprint, service: CustomFieldService) -> None:
    @blp.endpoint("GET", "/<id:field_id>", permission="tasks.read", target=FIELD, **ONE)
    def get_custom_field(reader: Reader, project_id: str, field_id: str) -> Row:
        """Get a custom field."""
        return service.show(reader, project_id, field_id)

    @blp.endpoint(
        "PATCH",
        "/<id:field_id>",
        permission="tasks.custom_fields",
        target=FIELD,
        body=CustomFieldPatch(partial=True),
        query=CustomFieldForce,
        **ONE,
    )
    def update_custom_field(uow: UnitOfWork, project_id: str, field_id: str, body: Any, query: Any) -> Row:
        """Change a custom field.

        `options` replace those there are: one that is sent with its id keeps it under a new label. The type
        changes only while no task has a value.
        """
        return service.update(uow, project_id, field_id, body, force=query["force"])

    @blp.endpoint("DELETE", "/<id:field_id>", permission="tasks.custom_fields", target=FIELD)
    def delete_custom_field(uow: UnitOfWork, project_id: str, field_id: str) -> Answer:
        """Delete a custom field with what tasks have for it."""
        service.delete(uow, project_id, field_id)
        return Answer(message="Custom field deleted")
