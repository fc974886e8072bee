"""What people are told of projects, by the plugin that has the hook `provide_notification_types`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import and_, bindparam, or_, select, union

from pronaflow_kernel.api import SCOPE_WORKSPACE, Event, IdType, Membership, Reader

from .change_requests.models import ChangeRequest
from .governance import STRICT
from .lifecycle import TRACES
from .models import Project, ProjectMember
from .queries import COUNTS

_PROJECT = bindparam("project_id", type_=IdType())
_OF_PROJECT = and_(
    ProjectMember.workspace_id == SCOPE_WORKSPACE, ProjectMember.project_id == _PROJECT, COUNTS
)
_MEMBERS = select(ProjectMember.user_id).where(_OF_PROJECT)
_THIS = and_(Project.workspace_id == SCOPE_WORKSPACE, Project.id == _PROJECT)
_NAME = select(Project.name).where(_THIS)
_DECIDING = union(
    select(ProjectMember.user_id)
    .join(Project, and_(Project.workspace_id == SCOPE_WORKSPACE, Project.id == ProjectMember.project_id))
    .where(
        _OF_PROJECT,
        or_(
            and_(Project.governance_mode == STRICT, ProjectMember.is_approver),
            and_(Project.governance_mode != STRICT, ProjectMember.role.in_(["owner", "manager"])),
        ),
    ),
    select(Membership.user_id)
    .join(Project, Project.workspace_id == Membership.workspace_id)
    .where(
        _THIS,
        Project.governance_mode == STRICT,
        Membership.workspace_id == SCOPE_WORKSPACE,
        Membership.is_active,
        Membership.role.in_(["owner", "admin"]),
    ),
)
"""Who decides on change requests of a project."""
_ASKING = select(ChangeRequest.created_by).where(
    ChangeRequest.workspace_id == SCOPE_WORKSPACE, ChangeRequest.id == bindparam("id", type_=IdType())
)

_REASONS = {
    "member": "You are a member of the project.",
    "added": "You were added to the project.",
    "approver": "You decide on change requests of the project.",
    "requester": "You asked for the change.",
}


def notification_types() -> list[Mapping[str, Any]]:
    """The answer to `provide_notification_types`."""
    return [*_about_projects(), *_about_requests()]


def _about_projects() -> list[Mapping[str, Any]]:
    common = {
        "action_url": "/projects/{project_id}",
        "preference": "email_on_project_update",
        "reasons": _REASONS,
        "about": "project_id",
    }
    return [
        {
            **common,
            "type": "project_status_changed",
            "event": "project.status_changed",
            "title": "Project status changed",
            "message": "{actor} changed the status of project '{name}' to {status}",
            "summary": "The status of a project that you are in changed",
            "priority": "medium",
            "recipients": _members,
        },
        {
            **common,
            "type": "project_updated",
            "event": "project.updated",
            "title": "Project updated",
            "message": "{actor} changed project '{name}'",
            "summary": "A project that you are in changed",
            "priority": "low",
            "recipients": _of_update,
        },
        {
            **common,
            "type": "project_member_added",
            "event": "project.member.added",
            "title": "You were added to a project",
            "message": "{actor} added you to project '{name}'",
            "summary": "You were added to a project",
            "priority": "medium",
            "recipients": lambda reader, event: {event.payload["user_id"]: "added"},
            "values": _project_name,
        },
    ]


def _about_requests() -> list[Mapping[str, Any]]:
    common = {
        "action_url": "/projects/{project_id}/change-requests/{change_request_id}",
        "preference": "email_on_task_assigned",
        "reasons": _REASONS,
        "priority": "medium",
    }
    asked = {
        **common,
        "type": "approval_requested",
        "title": "Approval requested",
        "message": "{actor} asks you to decide on '{title}'",
        "summary": "A change request waits for your decision",
        "recipients": _deciding,
    }
    decided = {
        **common,
        "type": "approval_decision",
        "summary": "Somebody decided on a change request of yours",
        "recipients": _asking,
    }
    approved = {"title": "Change request approved", "message": "{actor} approved '{title}'"}
    rejected = {"title": "Change request rejected", "message": "{actor} rejected '{title}'"}
    return [
        {**asked, "event": "change_request.created"},
        {**asked, "event": "change_request.submitted"},
        {**decided, "event": "change_request.approved", **approved},
        {**decided, "event": "change_request.rejected", **rejected},
    ]


def _members(reader: Reader, event: Event) -> dict[str, str]:
    rows = reader.all(_MEMBERS, project_id=event.payload["project_id"])
    return {row["user_id"]: "member" for row in rows}


def _of_update(reader: Reader, event: Event) -> dict[str, str]:
    """Nobody where only the status changed, which `project_status_changed` tells."""
    told = {"status", *TRACES}
    return {} if set(event.changes or {}) <= told else _members(reader, event)


def _deciding(reader: Reader, event: Event) -> dict[str, str]:
    """Who decides, once a request is no draft."""
    if event.payload["status"] != "pending":
        return {}
    rows = reader.all(_DECIDING, project_id=event.payload["project_id"])
    return {row["user_id"]: "approver" for row in rows}


def _asking(reader: Reader, event: Event) -> dict[str, str]:
    user_id = reader.value(_ASKING, id=event.payload["change_request_id"])
    return {user_id: "requester"} if user_id else {}


def _project_name(reader: Reader, event: Event) -> dict[str, str]:
    return {"name": reader.value(_NAME, project_id=event.payload["project_id"]) or ""}
