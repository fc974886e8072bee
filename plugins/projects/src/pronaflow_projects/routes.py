"""Projects over HTTP (modules.md 3.1)."""

from __future__ import annotations

from typing import Any

from pronaflow_kernel.api import WORKSPACE, Answer, Blueprint, Page, Reader, Row, UnitOfWork, in_path

from .members import MemberService
from .schemas import (
    MemberAdd,
    MemberChange,
    MemberOut,
    MemberQuery,
    ProjectCreate,
    ProjectDetail,
    ProjectOut,
    ProjectPatch,
    ProjectQuery,
    StatusChange,
    Transfer,
)
from .service import ProjectService

PROJECT = in_path("project")
ONE: dict[str, Any] = {"returns": ProjectDetail, "resource": "project"}
MANY: dict[str, Any] = {"returns": ProjectOut, "resource": "project", "many": True}


def build(projects: ProjectService, members: MemberService) -> Blueprint:
    """The blueprint under `/api/v1/projects`."""
    summary = "What teams work on, and who is in it"
    blp = Blueprint("projects", url_prefix="/api/v1/projects", tag="Projects", summary=summary)
    _add_projects(blp, projects)
    _add_members(blp, members)
    return blp


def _add_projects(blp: Blueprint, service: ProjectService) -> None:
    @blp.endpoint("GET", "", permission="projects.list", target=WORKSPACE, query=ProjectQuery, **MANY)
    def list_projects(reader: Reader, query: Any) -> Page:
        """List the projects you can see."""
        return service.page(reader, query)

    @blp.endpoint(
        "POST", "", permission="projects.create", target=WORKSPACE, body=ProjectCreate, status=201, **ONE
    )
    def create_project(uow: UnitOfWork, body: Any) -> Row:
        """Create a project; you become its owner."""
        service.may_create(uow)
        return service.show(uow, service.create(uow, body)["id"])

    @blp.endpoint("GET", "/<id:project_id>", permission="projects.read", target=PROJECT, **ONE)
    def get_project(reader: Reader, project_id: str) -> Row:
        """Get a project."""
        return service.show(reader, project_id)

    @blp.endpoint(
        "PATCH",
        "/<id:project_id>",
        permission="projects.update",
        target=PROJECT,
        body=ProjectPatch(partial=True),
        **ONE,
    )
    def update_project(uow: UnitOfWork, project_id: str, body: Any) -> Answer:
        """Change a project."""
        return service.update(uow, project_id, body)

    @blp.endpoint(
        "PATCH",
        "/<id:project_id>/status",
        permission="projects.update",
        target=PROJECT,
        body=StatusChange,
        **ONE,
    )
    def set_project_status(uow: UnitOfWork, project_id: str, body: Any) -> Answer:
        """Move a project in its life cycle."""
        return service.set_status(uow, project_id, body)

    @blp.endpoint("DELETE", "/<id:project_id>", permission="projects.delete", target=PROJECT)
    def delete_project(uow: UnitOfWork, project_id: str) -> Answer:
        """Move a project to the trash."""
        service.delete(uow, project_id)
        return Answer(message="Project moved to the trash")

    # A trashed project has no role in it, so the workspace lets the caller in and the service decides.
    @blp.endpoint("POST", "/<id:project_id>/restore", permission="projects.restore", target=PROJECT, **ONE)
    def restore_project(uow: UnitOfWork, project_id: str) -> Row:
        """Bring a project back from the trash."""
        return service.restore(uow, project_id)


def _add_members(blp: Blueprint, service: MemberService) -> None:
    @blp.endpoint(
        "GET",
        "/<id:project_id>/members",
        permission="projects.read",
        target=PROJECT,
        query=MemberQuery,
        returns=MemberOut,
        many=True,
    )
    def list_project_members(reader: Reader, project_id: str, query: Any) -> Page:
        """List the members of a project."""
        return service.page(reader, project_id, query)

    @blp.endpoint(
        "POST",
        "/<id:project_id>/members",
        permission="projects.update",
        target=PROJECT,
        body=MemberAdd,
        returns=MemberOut,
        status=201,
    )
    def add_project_member(uow: UnitOfWork, project_id: str, body: Any) -> Row:
        """Add a member of the workspace to a project."""
        return service.add(uow, project_id, body)

    @blp.endpoint(
        "PATCH",
        "/<id:project_id>/members/<id:user_id>",
        permission="projects.update",
        target=PROJECT,
        body=MemberChange(partial=True),
        returns=MemberOut,
    )
    def change_project_member(uow: UnitOfWork, project_id: str, user_id: str, body: Any) -> Row:
        """Give a member another role, or let them decide on change requests."""
        return service.change(uow, project_id, user_id, body)

    @blp.endpoint(
        "DELETE", "/<id:project_id>/members/<id:user_id>", permission="projects.leave", target=PROJECT
    )
    def remove_project_member(uow: UnitOfWork, project_id: str, user_id: str) -> Answer:
        """Remove a member, or leave the project."""
        service.remove(uow, project_id, user_id)
        return Answer(message="Member removed")

    @blp.endpoint(
        "POST",
        "/<id:project_id>/join",
        permission="projects.join",
        target=PROJECT,
        returns=MemberOut,
        status=201,
    )
    def join_project(uow: UnitOfWork, project_id: str) -> Row:
        """Join a public project."""
        return service.join(uow, project_id)

    @blp.endpoint(
        "POST",
        "/<id:project_id>/ownership/transfer",
        permission="projects.transfer",
        target=PROJECT,
        body=Transfer,
        fresh=600,
        **ONE,
    )
    def transfer_project(uow: UnitOfWork, project_id: str, body: Any) -> Row:
        """Make another member the owner."""
        return service.transfer(uow, project_id, body)
