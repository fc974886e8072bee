"""Prebuilt statements on tokens."""

from __future__ import annotations

from sqlalchemy import LargeBinary, and_, bindparam, func, select

from pronaflow_kernel.api import (
    SCOPE_USER,
    SCOPE_WORKSPACE,
    IdType,
    Listing,
    Membership,
    User,
    UtcDateTime,
    Workspace,
    switched_on,
    unscoped,
)

from .models import ApiToken

SIGN_IN = unscoped(
    "a token tells its workspace by itself",
    select(
        ApiToken.id,
        ApiToken.workspace_id,
        ApiToken.scopes,
        ApiToken.expires_at,
        ApiToken.is_active,
        ApiToken.revoked_at,
        User.id.label("user_id"),
        User.username,
        User.email,
        User.is_system_admin,
        Workspace.plan,
    )
    .join(User, User.id == ApiToken.user_id)
    .join(Workspace, Workspace.id == ApiToken.workspace_id)
    .join(
        Membership,
        and_(Membership.workspace_id == ApiToken.workspace_id, Membership.user_id == ApiToken.user_id),
    )
    .where(
        ApiToken.token_hash == bindparam("token_hash", type_=LargeBinary()),
        User.status == "active",
        Membership.is_active,
        Workspace.lifecycle == "active",
        switched_on("integrations", ApiToken.__table__.c.workspace_id, scope="system"),
    ),
)
"""The token with this hash whose owner is there and works in its workspace, with whom it stands for."""

_OWN = select(ApiToken.__table__).where(
    ApiToken.workspace_id == SCOPE_WORKSPACE, ApiToken.user_id == SCOPE_USER
)

TOKENS = Listing(
    _OWN,
    id=ApiToken.id,
    sorts={
        "created_at": ApiToken.created_at,
        "expires_at": ApiToken.expires_at,
        "name": func.lower(ApiToken.name),
    },
    default="-created_at",
)
"""The caller's tokens for the scope's workspace."""

OWN = (
    select(ApiToken.__table__, Workspace.plan)
    .join(Workspace, Workspace.id == ApiToken.workspace_id)
    .where(
        ApiToken.workspace_id == SCOPE_WORKSPACE,
        ApiToken.user_id == SCOPE_USER,
        ApiToken.id == bindparam("id", type_=IdType()),
    )
)
"""One of them, with the plan of its workspace."""

_now = bindparam("now", type_=UtcDateTime())

EXPIRING = unscoped(
    "owners are told of the end of their tokens in all workspaces",
    select(
        ApiToken.id,
        ApiToken.workspace_id,
        ApiToken.created_at,
        ApiToken.expires_at,
        ApiToken.warned_days,
        User.email,
    )
    .join(User, User.id == ApiToken.user_id)
    .join(
        Membership,
        and_(Membership.workspace_id == ApiToken.workspace_id, Membership.user_id == ApiToken.user_id),
    )
    .where(
        ApiToken.expires_at > _now,
        ApiToken.expires_at <= bindparam("until", type_=UtcDateTime()),
        ApiToken.is_active,
        ApiToken.revoked_at.is_(None),
        User.status == "active",
        Membership.is_active,
        switched_on("integrations", ApiToken.__table__.c.workspace_id, scope="system"),
    )
    .order_by(ApiToken.expires_at, ApiToken.id),
)
"""Tokens that end until then and still work, soonest first, with the address of their owner."""
