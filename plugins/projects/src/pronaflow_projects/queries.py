"""Prebuilt reads.

A membership of a project counts as long as the membership of the workspace lasts under which it was given.
Who leaves loses it at once, although its row goes only when the event is delivered, and who comes back starts
without it.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import and_, bindparam, case, exists, func, literal, not_, or_, select

from pronaflow_kernel.api import (
    SCOPE_ROLE,
    SCOPE_USER,
    SCOPE_WORKSPACE,
    ArchiveEntry,
    IdType,
    Listing,
    Membership,
    User,
    UtcDateTime,
)

from .models import PrivateAccess, Project, ProjectMember
from .tags.queries import NAMES as TAG_NAMES
from .tags.queries import TAGGED

MINE = ProjectMember.__table__.alias("mine")
"""The caller's own membership, where there is one."""

_HERE = Membership.__table__.alias("here")

_SINCE = (
    select(_HERE.c.joined_at)
    .where(_HERE.c.workspace_id == SCOPE_WORKSPACE, _HERE.c.user_id == SCOPE_USER, _HERE.c.is_active)
    .correlate(None)
    .scalar_subquery()
)
"""When the caller came to the workspace, the last time; asked once a statement."""

_OWN = and_(
    MINE.c.workspace_id == Project.workspace_id,
    MINE.c.project_id == Project.id,
    MINE.c.user_id == SCOPE_USER,
    MINE.c.joined_at >= _SINCE,
)
_JOINED_OR_PUBLIC = or_(MINE.c.role.is_not(None), Project.visibility == "public")
_VISIBLE = or_(_JOINED_OR_PUBLIC, SCOPE_ROLE == "owner")
"""Private projects are hidden from all but their members and the workspace's owners (modules.md 3.4)."""

_EFFECTIVE = case(
    (SCOPE_ROLE == "owner", literal("owner")),
    (and_(SCOPE_ROLE == "viewer", _JOINED_OR_PUBLIC), literal("viewer")),
    (MINE.c.role.is_not(None), MINE.c.role),
    (and_(Project.visibility == "public", SCOPE_ROLE == "admin"), literal("admin")),
    (Project.visibility == "public", literal("viewer")),
)

ANY_ROLE = (
    select(
        _EFFECTIVE.label("role"),
        and_(SCOPE_ROLE == "owner", not_(_JOINED_OR_PUBLIC)).label("by_right_alone"),
    )
    .select_from(Project.__table__.outerjoin(MINE, _OWN))
    .where(Project.workspace_id == SCOPE_WORKSPACE, Project.id == bindparam("id", type_=IdType()))
)
"""The caller's role in a project, be it in the trash or not; no row or NULL where it is not theirs to see.

`by_right_alone`: only as the workspace's owner, without being in it.
"""

ROLE = ANY_ROLE.where(Project.lifecycle != "trashed")
"""The caller's role in a project; no row or NULL where it is not visible."""

EVER_VISIBLE = (
    select(Project.id)
    .select_from(Project.__table__.outerjoin(MINE, _OWN))
    .where(Project.workspace_id == SCOPE_WORKSPACE, _JOINED_OR_PUBLIC)
)
"""`VISIBLE`, and those in the trash."""

VISIBLE = EVER_VISIBLE.where(Project.lifecycle != "trashed")
"""Ids of the projects whose content lists over the workspace show the caller.

The workspace's owner enters a private project by its address, which is written down, and reads nothing of it
in passing.
"""

COUNTS = exists().where(
    _HERE.c.workspace_id == SCOPE_WORKSPACE,
    _HERE.c.user_id == ProjectMember.user_id,
    _HERE.c.is_active,
    _HERE.c.joined_at <= ProjectMember.joined_at,
)
"""Whether a row of `ProjectMember` counts; a condition for statements that read it."""


def visible_to(user_id: Any, project_id: Any) -> Any:
    """Whether a user sees a project that is not in the trash, as a condition; for people but the caller.

    Arguments:
        user_id, project_id: columns of the statement around it, or binds.
    """
    stay, place = Membership.__table__.alias("stay"), Project.__table__.alias("place")
    joined = ProjectMember.__table__.alias("joined")
    here = place.join(stay, stay.c.workspace_id == place.c.workspace_id)
    return (
        exists()
        .select_from(here)
        .where(
            place.c.workspace_id == SCOPE_WORKSPACE,
            place.c.id == project_id,
            place.c.lifecycle != "trashed",
            stay.c.workspace_id == SCOPE_WORKSPACE,
            stay.c.user_id == user_id,
            stay.c.is_active,
            or_(
                place.c.visibility == "public",
                stay.c.role == "owner",
                exists().where(
                    joined.c.workspace_id == SCOPE_WORKSPACE,
                    joined.c.project_id == place.c.id,
                    joined.c.user_id == stay.c.user_id,
                    joined.c.joined_at >= stay.c.joined_at,
                ),
            ),
        )
    )


SEEING = select(Membership.user_id).where(
    Membership.workspace_id == SCOPE_WORKSPACE,
    Membership.user_id.in_(bindparam("ids", type_=IdType(), expanding=True)),
    visible_to(Membership.user_id, bindparam("project_id", type_=IdType())),
)
"""Who of some users sees a project."""

_LISTED = or_(ProjectMember.role == "owner", COUNTS)
"""Whom lists show: whoever counts, and the owner until the project has another one."""

_MEMBERS = (
    select(func.count())
    .where(
        ProjectMember.workspace_id == Project.workspace_id,
        ProjectMember.project_id == Project.id,
        _LISTED,
    )
    .scalar_subquery()
)

_ARCHIVED_AT = case(
    (
        Project.lifecycle == "archived",
        select(func.max(ArchiveEntry.at))
        .where(
            ArchiveEntry.workspace_id == Project.workspace_id,
            ArchiveEntry.resource_id == Project.id,
            ArchiveEntry.action == "archived",
        )
        .scalar_subquery(),
    )
)

_SHOWN = select(
    Project.__table__,
    _MEMBERS.label("members_count"),
    _EFFECTIVE.label("role"),
    TAG_NAMES.label("tags"),
    _ARCHIVED_AT.label("archived_at"),
).select_from(Project.__table__.outerjoin(MINE, _OWN))

SHOWN = _SHOWN.where(
    Project.workspace_id == SCOPE_WORKSPACE,
    Project.id == bindparam("id", type_=IdType()),
    Project.lifecycle != "trashed",
)
"""One project as shown."""

_RANK = case({"low": 1, "medium": 2, "high": 3, "critical": 4}, value=Project.priority)
_FAR = "9999-12-31"

PROJECTS = Listing(
    _SHOWN.where(Project.workspace_id == SCOPE_WORKSPACE, Project.lifecycle != "trashed", _VISIBLE),
    id=Project.id,
    filters={
        "status": Project.status == bindparam("status"),
        "priority": Project.priority == bindparam("priority"),
        "owner_id": Project.owner_id == bindparam("owner_id", type_=IdType()),
        "tag": TAGGED,
        "search": Project.name_folded.like(bindparam("search"), escape="\\"),
        "lifecycle": Project.lifecycle == bindparam("lifecycle"),
    },
    sorts={
        "name": Project.name_folded,
        "created_at": Project.created_at,
        "updated_at": Project.updated_at,
        "start_date": func.coalesce(Project.start_date, func.date(_FAR)),
        "end_date": func.coalesce(Project.end_date, func.date(_FAR)),
        "priority": _RANK,
    },
    default="-created_at",
)

KEYS_LIKE = select(Project.key).where(
    Project.workspace_id == SCOPE_WORKSPACE, Project.key.like(bindparam("stem"))
)
"""Keys in the workspace that begin alike, trashed projects' ones too: they may come back."""

PRIVATE_ACCESS = select(PrivateAccess.__table__).where(
    PrivateAccess.workspace_id == SCOPE_WORKSPACE,
    PrivateAccess.user_id == SCOPE_USER,
    PrivateAccess.project_id == bindparam("id", type_=IdType()),
)
"""When the caller was last written down as having entered a private project."""

MEMBERSHIPS = select(ProjectMember.__table__).where(
    ProjectMember.workspace_id == SCOPE_WORKSPACE,
    ProjectMember.user_id == bindparam("user_id", type_=IdType()),
    ProjectMember.joined_at <= bindparam("until", type_=UtcDateTime()),
)
"""Everything that a user had become a member of in the workspace by then."""

SHARED = (
    select(Project.__table__)
    .where(
        Project.workspace_id == SCOPE_WORKSPACE,
        Project.id == bindparam("id", type_=IdType()),
        Project.lifecycle != "trashed",
    )
    .with_for_update(read=True)
)
"""A project that stays as it is until the commit, while others may hold it so too (SQLite has one writer)."""

BY_KEY = select(Project.__table__).where(
    Project.workspace_id == SCOPE_WORKSPACE, Project.key == bindparam("key"), Project.lifecycle != "trashed"
)

MEMBER = select(ProjectMember.__table__, COUNTS.label("counts")).where(
    ProjectMember.workspace_id == SCOPE_WORKSPACE,
    ProjectMember.project_id == bindparam("project_id", type_=IdType()),
    ProjectMember.user_id == bindparam("user_id", type_=IdType()),
)
"""A membership, and whether it counts."""

_MEMBERS_SHOWN = (
    select(
        ProjectMember.user_id.label("id"),
        ProjectMember.project_id,
        ProjectMember.user_id,
        User.username,
        User.full_name,
        User.email,
        ProjectMember.role,
        ProjectMember.is_approver,
        ProjectMember.joined_at,
    )
    .join(User, User.id == ProjectMember.user_id)
    .where(
        ProjectMember.workspace_id == SCOPE_WORKSPACE,
        ProjectMember.project_id == bindparam("project_id", type_=IdType()),
        _LISTED,
    )
)

SHOWN_MEMBER = _MEMBERS_SHOWN.where(ProjectMember.user_id == bindparam("user_id", type_=IdType()))

MEMBERS = Listing(
    _MEMBERS_SHOWN,
    id=ProjectMember.user_id,
    filters={"role": ProjectMember.role == bindparam("role")},
    sorts={"username": func.lower(User.username), "joined_at": ProjectMember.joined_at},
    default="username",
)

FINISHED = select(Project.id).where(
    Project.workspace_id == SCOPE_WORKSPACE,
    Project.lifecycle == "active",
    Project.status.in_(("completed", "cancelled")),
    Project.updated_at < bindparam("before", type_=UtcDateTime()),
)
"""Ids of projects with which nothing more is to be done, and was not since an instant."""
