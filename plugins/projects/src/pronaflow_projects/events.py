"""What projects announces."""

from __future__ import annotations

from marshmallow import fields

from pronaflow_kernel.api import EventType, Id, Row, Schema


class ProjectPayload(Schema):
    """Which project, and where it stands."""

    project_id = Id()
    key = fields.String()
    name = fields.String()
    status = fields.String()


class MemberPayload(Schema):
    """Who has which role in a project."""

    project_id = Id()
    user_id = Id()
    role = fields.String()


def _project(name: str, summary: str) -> EventType:
    return EventType(name, "Project", ProjectPayload, summary=summary)


def _member(name: str, summary: str) -> EventType:
    return EventType(name, "Project", MemberPayload, summary=summary)


PROJECT_CREATED = _project("project.created", "A project was created.")
PROJECT_UPDATED = _project("project.updated", "A project was changed.")
PROJECT_STATUS_CHANGED = _project("project.status_changed", "A project moved in its life cycle.")
PROJECT_DELETED = _project("project.deleted", "A project was moved to the trash.")
PROJECT_RESTORED = _project("project.restored", "A project came back from the trash.")
PROJECT_ARCHIVED = _project("project.archived", "A project was moved to the archive.")
PROJECT_UNARCHIVED = _project("project.unarchived", "A project came back from the archive.")
PRIVATE_ACCESS = EventType(
    "project.private_access",
    "Project",
    ProjectPayload,
    public=False,
    summary="The workspace's owner entered a private project that they are not in, the first time that day.",
)
MEMBER_ADDED = _member("project.member.added", "Somebody joined or was added to a project.")
MEMBER_UPDATED = _member("project.member.updated", "A member's role in a project changed.")
MEMBER_REMOVED = _member("project.member.removed", "Somebody left or was removed from a project.")

PROJECT_EVENTS = (
    PROJECT_CREATED,
    PROJECT_UPDATED,
    PROJECT_STATUS_CHANGED,
    PROJECT_DELETED,
    PROJECT_RESTORED,
    PROJECT_ARCHIVED,
    PROJECT_UNARCHIVED,
    PRIVATE_ACCESS,
    MEMBER_ADDED,
    MEMBER_UPDATED,
    MEMBER_REMOVED,
)


def project_payload(project: Row) -> Row:
    """The payload of a project's events."""
    return {
        "project_id": project["id"],
        "key": project["key"],
        "name": project["name"],
        "status": project["status"],
    }
