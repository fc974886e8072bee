"""Templates of projects over HTTP."""

from __future__ import annotations

from typing import Any

from pronaflow_kernel.api import WORKSPACE, Answer, Blueprint, Page, Reader, Row, UnitOfWork, in_path

from .schemas import TemplateCreate, TemplateOut, TemplatePatch, TemplateQuery, TemplateRow
from .service import MOST_SIZE, TemplateService

URL = "/<id:template_id>"
RESOURCE = "project_template"
BODY_LIMIT = MOST_SIZE + 2**20
"""Bytes: a structure of the largest size, and room for letters that take more than one."""
ONE: dict[str, Any] = {
    "target": in_path(RESOURCE, "template_id"),
    "returns": TemplateOut,
    "resource": RESOURCE,
}


def build(service: TemplateService) -> Blueprint:
    """Templates of a workspace."""
    blp = Blueprint(
        "projects",
        url_prefix="/api/v1/projects/templates",
        tag="Project templates",
        summary="What projects are made from",
        name="project_templates",
    )
    _add_collection(blp, service)
    _add_record(blp, service)
    return blp


def _add_collection(blp: Blueprint, service: TemplateService) -> None:
    @blp.endpoint(
        "GET",
        "",
        permission="projects.read_templates",
        target=WORKSPACE,
        query=TemplateQuery,
        returns=TemplateRow,
        many=True,
        resource=RESOURCE,
    )
    def list_templates(reader: Reader, query: Any) -> Page:
        """List the templates you can use."""
        return service.page(reader, query)

    @blp.endpoint(
        "POST",
        "",
        permission="projects.save_templates",
        target=WORKSPACE,
        body=TemplateCreate,
        returns=TemplateOut,
        resource=RESOURCE,
        status=201,
        body_limit=BODY_LIMIT,
    )
    def create_template(uow: UnitOfWork, body: Any) -> Row:
        """Save a template.

        Send its `structure`, or take that of a project that you may change. It holds no people and no dates:
        days are working days, counted from the start of the project. A task may be its title alone.
        """
        return service.create(uow, body)


def _add_record(blp: Blueprint, service: TemplateService) -> None:
    @blp.endpoint("GET", URL, permission="projects.read_templates", **ONE)
    def get_template(reader: Reader, template_id: str) -> Row:
        """Get a template."""
        return service.show(reader, template_id)

    @blp.endpoint(
        "PATCH",
        URL,
        permission="projects.save_templates",
        body=TemplatePatch(partial=("name",)),
        body_limit=BODY_LIMIT,
        **ONE,
    )
    def update_template(uow: UnitOfWork, template_id: str, body: Any) -> Row:
        """Change a template that you saved; admins change all of them."""
        return service.update(uow, template_id, body)

    @blp.endpoint("DELETE", URL, permission="projects.save_templates", target=ONE["target"])
    def delete_template(uow: UnitOfWork, template_id: str) -> Answer:
        """Delete a template; the projects made from it stay."""
        service.delete(uow, template_id)
        return Answer(message="Template deleted")
