"""Members: who is in a workspace, and with which role."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pronaflow_kernel.api import (
    Context,
    NotFound,
    Page,
    Reader,
    Row,
    UnitOfWork,
    demand_fresh,
    invalid,
    tenancy,
)

from ..queries import ACTIVE_USER, CLOSE_OF_MEMBER, MEMBER, MEMBERS
from ..roles import FRESH, require_rank


class Members:
    """What can be done to members of the scope's workspace.

    Arguments:
        ctx: of the plugin.
    """

    def __init__(self, ctx: Context) -> None:
        self._access = ctx.access
        self._hooks = ctx.hooks

    def page(self, reader: Reader, query: Mapping[str, Any]) -> Page:
        """The members."""
        return MEMBERS.page(reader, query, {"role": query["role"]})

    def add(self, uow: UnitOfWork, user_id: str, role: str) -> Row:
        """Add somebody who has an account.

        Raises:
            Forbidden: the role is above the caller's.
            NotFound: there is no active account with this id.
            Conflict: they are a member already.
        """
        _require_grant(uow, role)
        if uow.value(ACTIVE_USER, id=user_id) is None:
            raise NotFound(f"User {user_id} was not found")
        self._hooks.check_change(uow, "workspace_member", None, {"user_id": user_id, "role": role})
        tenancy.add_member(uow, user_id, role)
        return self._shown(uow, user_id)

    def change_role(self, uow: UnitOfWork, user_id: str, role: str) -> Row:
        """Give a member another role.

        Raises:
            NotFound: there is no such member.
            Forbidden: the member's role, or the new one, is above the caller's; or they make an owner and
                proved who they are too long ago.
            Conflict: nobody would own the workspace.
        """
        membership = tenancy.member(uow, user_id)
        _require_power_over(uow, membership)
        _require_grant(uow, role)
        if role == "owner":  # who could do this with a stolen token could do without the transfer
            demand_fresh(uow.scope.principal, FRESH, uow.clock.now())
        self._hooks.check_change(uow, "workspace_member", membership, {"role": role})
        tenancy.change_role(uow, membership, role)
        return self._shown(uow, user_id)

    def remove(self, uow: UnitOfWork, user_id: str, reassign_to: str | None) -> None:
        """Remove a member, or leave.

        Pending invitations to them and by them end too, since each would be a way back in.

        Raises:
            NotFound: there is no such member, or `reassign_to` is none.
            Forbidden: the caller may not remove others, or the member's role is above the caller's.
            Conflict: nobody would own the workspace.
        """
        if user_id != uow.scope.principal.user_id:
            self._access.authorize(uow, "workspaces.remove_member")
        membership = tenancy.member(uow, user_id)
        _require_power_over(uow, membership)
        if reassign_to == user_id:
            raise invalid("reassign_to", "Must be somebody else.")
        if reassign_to is not None:
            tenancy.member(uow, reassign_to)
        self._hooks.check_change(uow, "workspace_member", membership, {"is_active": False})
        tenancy.remove_member(uow, membership, reassign_to=reassign_to)
        uow.execute(CLOSE_OF_MEMBER, user_id=user_id, now=uow.now)

    def transfer(self, uow: UnitOfWork, new_owner_id: str) -> Row:
        """Make another member the owner; the caller becomes an admin.

        Raises:
            ValidationFailed: the new owner is the caller.
            NotFound: the new owner is not a member.
            Forbidden: the caller is no owner any more.
        """
        if new_owner_id == uow.scope.principal.user_id:
            raise invalid("new_owner_id", "You are the owner already.")
        tenancy.transfer_ownership(uow, new_owner_id)
        return self._shown(uow, new_owner_id)

    def _shown(self, uow: UnitOfWork, user_id: str) -> Row:
        row = uow.one(MEMBER, user_id=user_id)
        assert row is not None, "the membership was written a moment ago"
        return row


def _require_grant(reader: Reader, role: str) -> None:
    require_rank(reader, role, f"You cannot grant the role {role}: it is above your own")


def _require_power_over(reader: Reader, membership: Row) -> None:
    role = membership["role"]
    require_rank(reader, role, f"You cannot change somebody with the role {role}: it is above your own")
