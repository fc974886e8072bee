"""What projects takes and shows."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from pronaflow_kernel.api import Choice, Id, PageQuery, Schema, Text, Timestamp, WorkspaceQuery, invalid

from .lifecycle import ALIASES, INITIAL, STATUSES

LEVELS = ("low", "medium", "high", "critical")
LEVEL_ALIASES = {"normal": "medium", "urgent": "critical"}
VISIBILITIES = ("public", "private")
MODES = ("simple", "strict")
ROLES = ("owner", "manager", "planner", "member", "viewer")
ROLE_ALIASES = {"admin": "manager", "guest": "viewer"}
MONEY = frozenset({"budget", "hourly_rate"})
"""Fields that only those see and set who see money (modules.md 3.4)."""

GRANTED = tuple(role for role in ROLES if role != "owner")


def check_dates(start: Any, end: Any, field: str = "end_date") -> None:
    """Refuse an end before the start.

    Arguments:
        field: of the body that is at fault then.

    Raises:
        ValidationFailed: it is.
    """
    if start is not None and end is not None and end < start:
        raise invalid(field, "Must not be before start_date.")


def _printable(name: str) -> None:
    if not name.isprintable():
        raise ValidationError("May not contain control characters.")


class ProjectFields(Schema):
    """What can be set and changed."""

    name = Text(150, least=1, required=True)
    key = Text(
        6,
        load_default=None,
        validate=[validate.Regexp(r"^[A-Z][A-Z0-9]{1,5}$", error="2 to 6 capital letters or digits.")],
        metadata={"description": "Begins the keys of the tasks; made from the name unless given"},
    )
    description = Text(10_000, load_default=None, allow_none=True)
    project_type = Text(50, load_default=None, allow_none=True)
    priority = Choice(LEVELS, LEVEL_ALIASES, load_default="medium")
    risk_level = Choice(LEVELS, LEVEL_ALIASES, load_default=None, allow_none=True)
    visibility = Choice(VISIBILITIES, load_default="public")
    governance_mode = Choice(MODES, {"standard": "simple"}, load_default="simple")
    tags = fields.List(Text(50, least=1, validate=[_printable]), validate=validate.Length(max=50))
    start_date = fields.Date(load_default=None, allow_none=True)
    end_date = fields.Date(load_default=None, allow_none=True)
    budget = fields.Float(
        load_default=None, allow_none=True, validate=validate.Range(min=0, max=999_999_999_999)
    )
    hourly_rate = fields.Float(
        load_default=None,
        allow_none=True,
        validate=validate.Range(min=0, max=1_000_000),
        metadata={"description": "What an hour of work costs; `spent` is the logged hours at this rate"},
    )


class ProjectCreate(ProjectFields):
    """Body of POST /projects."""

    workspace_id = Id(load_default=None)
    status = Choice(
        INITIAL,
        ALIASES,
        load_default=None,
        metadata={"description": "`active` unless given; in strict mode `not_started`, to be planned first"},
    )


class ProjectPatch(ProjectFields):
    """Body of PATCH /projects/{id}; the status has a route of its own, and is accepted here too."""

    key = Text(
        6, validate=[validate.Regexp(r"^[A-Z][A-Z0-9]{1,5}$", error="2 to 6 capital letters or digits.")]
    )
    status = Choice(STATUSES, ALIASES, metadata={"examples": ["cancelled"]})
    cancellation_reason = Text(1000, allow_none=True)
    completion_date = fields.Date(allow_none=True)


class StatusChange(Schema):
    """Body of PATCH /projects/{id}/status."""

    status = Choice(STATUSES, ALIASES, required=True, metadata={"examples": ["cancelled"]})
    completion_date = fields.Date(load_default=None, allow_none=True)
    cancellation_reason = Text(1000, load_default=None, allow_none=True)
    open_tasks = Choice(("keep", "cancel"), load_default="keep")

    @validates_schema
    def _date_of_completion(self, data: dict[str, Any], **_: Any) -> None:
        if data.get("completion_date") is not None and data["status"] != "completed":
            raise ValidationError("Only a completed project has one.", "completion_date")


class ProjectOut(Schema):
    """A project as shown; money only to those who may see it."""

    id = Id()
    project_id = Id(attribute="id", dump_only=True)
    workspace_id = Id()
    key = fields.String()
    name = fields.String()
    description = fields.String(allow_none=True)
    project_type = fields.String(allow_none=True)
    status = fields.String()
    priority = fields.String()
    risk_level = fields.String(allow_none=True)
    visibility = fields.String()
    governance_mode = fields.String()
    start_date = fields.Date(allow_none=True)
    end_date = fields.Date(allow_none=True)
    completion_date = fields.Date(allow_none=True)
    cancellation_reason = fields.String(allow_none=True)
    budget = fields.Float(allow_none=True)
    hourly_rate = fields.Float(allow_none=True)
    owner_id = Id()
    tags = fields.List(fields.String())
    members_count = fields.Integer()
    tasks_count = fields.Integer()
    tasks_completed = fields.Integer()
    progress = fields.Integer(metadata={"description": "Percent"})
    role = fields.String(allow_none=True, metadata={"description": "The caller's own role"})
    lifecycle = fields.String(metadata={"description": "active, or archived: then `status` says so, too"})
    archived_at = Timestamp(allow_none=True)
    version = fields.Integer()
    created_at = Timestamp()
    updated_at = Timestamp()


class ProjectDetail(ProjectOut):
    """A single project, with how it does."""

    health_status = fields.String(metadata={"description": "green, amber or red", "example": "green"})
    on_track = fields.Boolean(metadata={"description": "The schedule is not red"})
    spent = fields.Float(allow_none=True, metadata={"description": "Logged hours at the hourly rate"})


class ProjectQuery(PageQuery, WorkspaceQuery):
    """Filters of GET /projects."""

    status = Choice(STATUSES, ALIASES, load_default=None)
    priority = Choice(LEVELS, LEVEL_ALIASES, load_default=None)
    owner_id = Id(of="user", load_default=None)
    tag = Text(50, load_default=None)
    search = Text(100, load_default=None)
    include_archived = fields.Boolean(
        load_default=False, metadata={"description": "Those in the archive, too"}
    )


class MemberAdd(Schema):
    """Body of POST /projects/{id}/members."""

    user_id = Id(required=True)
    role = Choice(GRANTED, ROLE_ALIASES, load_default="member")
    is_approver = fields.Boolean(
        load_default=False, metadata={"description": "Decides on change requests in strict mode"}
    )


class MemberChange(Schema):
    """Body of PATCH /projects/{id}/members/{user_id}."""

    role = Choice(GRANTED, ROLE_ALIASES)
    is_approver = fields.Boolean(metadata={"description": "Nobody makes themselves one"})


class Transfer(Schema):
    """Body of POST /projects/{id}/ownership/transfer."""

    new_owner_id = Id(of="user", required=True)
    reason = Text(1000, least=1, required=True)
    keep_old_as = Choice(("member", "none"), load_default="member")


class MemberOut(Schema):
    """A member as shown."""

    id = Id(attribute="user_id", dump_only=True)
    project_id = Id()
    user_id = Id()
    username = fields.String()
    full_name = fields.String(allow_none=True)
    email = fields.String()
    role = fields.String()
    is_approver = fields.Boolean()
    joined_at = Timestamp()


class MemberQuery(PageQuery):
    """Filters of the members."""

    role = Choice(ROLES, ROLE_ALIASES, load_default=None)
