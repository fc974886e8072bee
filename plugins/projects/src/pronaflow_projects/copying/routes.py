"""Copies of projects, and projects from templates, over HTTP."""

from __future__ import annotations

from typing import Any

from pronaflow_kernel.api import Answer, Blueprint, UnitOfWork, in_body, in_path

from ..schemas import ProjectOut
from .schemas import Clone, FromTemplate
from .service import CopyService

MADE: dict[str, Any] = {"returns": ProjectOut, "resource": "project", "status": 201}


def build(service: CopyService) -> Blueprint:
    """Routes under `/api/v1/projects`."""
    blp = Blueprint("projects", url_prefix="/api/v1/projects", tag="Projects", name="project_copies")

    @blp.endpoint(
        "POST",
        "/<id:project_id>/clone",
        permission="projects.clone",
        target=in_path("project"),
        body=Clone,
        **MADE,
    )
    def clone_project(uow: UnitOfWork, project_id: str, body: Any) -> Answer:
        """Copy a project.

        The copy is yours, and active, or not started where it is strict. Its tasks are new ones that nobody
        has begun, and as far from its first day as they were, in working days. Its money is not taken over.
        """
        return service.clone(uow, project_id, body)

    @blp.endpoint(
        "POST",
        "/from-template",
        permission="projects.create",
        target=in_body(("project_template", "template_id")),
        body=FromTemplate,
        **MADE,
    )
    def create_project_from_template(uow: UnitOfWork, body: Any) -> Answer:
        """Create a project from a template; you become its owner."""
        return service.from_template(uow, body)

    return blp
