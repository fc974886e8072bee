"""Change requests over HTTP (modules.md 3.1)."""

from __future__ import annotations

from typing import Any

from pronaflow_kernel.api import Answer, Blueprint, Page, Reader, Row, UnitOfWork, in_path

from .schemas import ChangeRequestCreate, ChangeRequestOut, ChangeRequestPatch, ChangeRequestQuery, Decision
from .service import ChangeRequestService

URL = "/<id:project_id>/change-requests"
ONE_URL = f"{URL}/<id:change_request_id>"
PROJECT = in_path("project")
ONE: dict[str, Any] = {"returns": ChangeRequestOut, "resource": "change_request"}
AT: dict[str, Any] = {"target": in_path("change_request", within="project_id")}


def build(service: ChangeRequestService) -> Blueprint:
    """Change requests of a project."""
    blp = Blueprint("projects", url_prefix="/api/v1/projects", tag="Projects", name="change_requests")

    @blp.endpoint(
        "GET",
        URL,
        permission="projects.read",
        target=PROJECT,
        query=ChangeRequestQuery,
        many=True,
        **ONE,
    )
    def list_change_requests(reader: Reader, project_id: str, query: Any) -> Page:
        """List the change requests of a project."""
        return service.page(reader, project_id, query)

    @blp.endpoint(
        "POST",
        URL,
        permission="projects.request",
        target=PROJECT,
        body=ChangeRequestCreate,
        status=201,
        **ONE,
    )
    def create_change_request(uow: UnitOfWork, project_id: str, body: Any) -> Row:
        """Ask for a change of a project."""
        return service.create(uow, project_id, body)

    @blp.endpoint("GET", ONE_URL, permission="projects.read", **AT, **ONE)
    def get_change_request(reader: Reader, project_id: str, change_request_id: str) -> Row:
        """Get a change request."""
        return service.get(reader, project_id, change_request_id)

    @blp.endpoint(
        "PATCH",
        ONE_URL,
        permission="projects.request",
        body=ChangeRequestPatch(partial=True),
        **AT,
        **ONE,
    )
    def update_change_request(uow: UnitOfWork, project_id: str, change_request_id: str, body: Any) -> Row:
        """Word your change request anew, or submit your draft."""
        return service.update(uow, project_id, change_request_id, body)

    @blp.endpoint("PATCH", f"{ONE_URL}/approve", permission="projects.decide", body=Decision, **AT, **ONE)
    def decide_change_request(uow: UnitOfWork, project_id: str, change_request_id: str, body: Any) -> Row:
        """Approve a change request, which applies what it asks for at once, or reject it."""
        return service.decide(uow, project_id, change_request_id, body)

    @blp.endpoint("POST", f"{ONE_URL}/cancel", permission="projects.request", **AT, **ONE)
    def cancel_change_request(uow: UnitOfWork, project_id: str, change_request_id: str) -> Row:
        """Withdraw a change request; it stays in the list."""
        return service.withdraw(uow, project_id, change_request_id)

    @blp.endpoint("DELETE", ONE_URL, permission="projects.request", **AT)
    def delete_change_request(uow: UnitOfWork, project_id: str, change_request_id: str) -> Answer:
        """Withdraw a change request; it stays in the list as cancelled."""
        service.withdraw(uow, project_id, change_request_id)
        return Answer(message="Change request cancelled")

    return blp
