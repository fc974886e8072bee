"""The people picker: whom one may choose as an assignee, a member, an addressee (modules.md 1.1).

It shows who shares a workspace with the caller and nobody else. It belongs to tenancy and not to identity,
since memberships decide who is shown.
"""

from __future__ import annotations

from typing import Any

from marshmallow import fields
from sqlalchemy import bindparam, func, or_, select

from ..identity.models import User
from ..identity.names import normal
from ..persistence.listing import Listing
from ..persistence.scope import SCOPE_USER
from ..persistence.types import Id as IdType
from ..persistence.uow import Reader
from ..text import literal
from ..web.answers import Page
from ..web.blueprint import Blueprint
from ..web.fields import Id, PageQuery, Schema, Text
from ..web.targets import in_query
from .models import Membership, Workspace
from .rule import unscoped

_mine, _theirs = Membership.__table__.alias("mine"), Membership.__table__.alias("theirs")
_BY_NAME = func.lower(func.coalesce(User.full_name, User.username))

# Semi-joins: somebody with whom the caller shares three workspaces is one person.
_TOGETHER = (
    select(_theirs.c.user_id)
    .join(_mine, _mine.c.workspace_id == _theirs.c.workspace_id)
    .join(Workspace, Workspace.id == _mine.c.workspace_id)
    .where(_mine.c.user_id == SCOPE_USER, _mine.c.is_active, _theirs.c.is_active)
    .where(Workspace.lifecycle == "active")
)

PEOPLE = Listing(
    unscoped(
        "the caller's own memberships tell whose members to show",
        select(User.id, User.username, User.full_name, User.email, User.avatar_url).where(
            User.status == "active", User.id.in_(_TOGETHER)
        ),
    ),
    id=User.id,
    filters={
        "workspace": User.id.in_(
            _TOGETHER.where(_mine.c.workspace_id == bindparam("workspace", type_=IdType()))
        ),
        "search": or_(
            User.username_norm.like(bindparam("search"), escape="\\"),
            User.email_norm.like(bindparam("beginning"), escape="\\"),
            # SQLite folds the letters of ASCII only: other names are found as they are usually written.
            func.lower(User.full_name).like(bindparam("search"), escape="\\"),
            User.full_name.like(bindparam("capitalized"), escape="\\"),
        ),
    },
    sorts={"full_name": _BY_NAME, "username": User.username_norm},
    default="full_name",
)
"""Active users who share a workspace with the caller, the caller included."""


class PeopleQuery(PageQuery):
    """Who is looked for."""

    workspace_id = Id(
        load_default=None,
        metadata={"description": "Members of this workspace; by default of all workspaces of the caller"},
    )
    search = Text(
        100,
        load_default=None,
        metadata={"description": "Part of the user name or full name, or the beginning of the mail address"},
    )


class UserSummaryOut(Schema):
    """Somebody to choose."""

    id = Id()
    user_id = Id(attribute="id", dump_only=True)
    username = fields.String()
    full_name = fields.String(allow_none=True)
    email = fields.String()
    avatar_url = fields.String(allow_none=True)


def build() -> Blueprint:
    """The blueprint under `/api/v1/users`."""
    blp = Blueprint(
        "core", url_prefix="/api/v1/users", tag="People", summary="Whom one works with", name="users"
    )
    blp.endpoint(
        "GET",
        "",
        permission="users.read",
        target=in_query(("workspace", "workspace_id")),
        query=PeopleQuery,
        returns=UserSummaryOut,
        many=True,
    )(list_users)
    return blp


def list_users(reader: Reader, query: dict[str, Any]) -> Page:
    """Look for people who share a workspace with you."""
    bound_to = reader.scope.principal.workspace_id
    filters = {"workspace": query["workspace_id"] or bound_to}
    search = query["search"]
    if not search:
        return PEOPLE.page(reader, query, filters)
    folded = literal(normal(search))
    return PEOPLE.page(
        reader,
        query,
        {**filters, "search": f"%{folded}%"},
        beginning=f"{folded}%",
        capitalized=f"%{literal(search.title())}%",
    )
