"""Where somebody leaves traces when the account goes: the workspaces they are or were in.

A workspace of theirs alone goes with them: nobody else could open it, and its words are theirs. In one that
they share the work stays, under an account without a name; they may not be its only owner (modules.md 2.3
rule 2). One in the trash that only they could bring back stays there until it is purged.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import bindparam, select

from ...events.erasure import forget_words, replace_names
from ...persistence.types import Id
from ...persistence.uow import Reader, Row, UnitOfWork
from ...tenancy.models import Membership, Workspace
from ...tenancy.rule import unscoped
from ...tenancy.service import enter, member, purge_workspace, remove_member
from ..models import User
from ..names import first_workspace

NAMELESS = "Workspace"
"""What a workspace is called afterwards whose name the kernel had made of the user name."""

_WHY = "somebody leaves all workspaces at once"
_USER = bindparam("user_id", type_=Id())
_PLACES = unscoped(
    _WHY,
    select(Workspace.id, Workspace.name, Workspace.lifecycle, Membership.role, Membership.is_active)
    .join(Membership, Membership.workspace_id == Workspace.id)
    .where(Membership.user_id == _USER)
    .order_by(Workspace.id),
)
_MINE = select(Membership.workspace_id).where(Membership.user_id == _USER, Membership.is_active)
_OTHERS = unscoped(
    _WHY,
    select(Membership.workspace_id, Membership.role, User.status)
    .join(User, User.id == Membership.user_id)
    .where(Membership.workspace_id.in_(_MINE), Membership.user_id != _USER, Membership.is_active),
)


@dataclass(frozen=True, slots=True)
class Departure:
    """What becomes of workspaces.

    Arguments:
        alone: those without other members; they go.
        shared: those to leave.
        orphaned: those of `shared` that nobody else owns; not those in the trash.
        all: these, and those that were left before.
    """

    alone: list[Row]
    shared: list[Row]
    orphaned: list[Row]
    all: list[Row]


def plan(reader: Reader, user_id: str) -> Departure:
    """What would become of the workspaces of a user."""
    places = reader.all(_PLACES, user_id=user_id)
    others = reader.all(_OTHERS, user_id=user_id)
    shared_ids = {row["workspace_id"] for row in others}
    owned_ids = {
        row["workspace_id"] for row in others if row["role"] == "owner" and row["status"] == "active"
    }
    present = [place for place in places if place["is_active"]]
    shared = [place for place in present if place["id"] in shared_ids]
    ownerless = [place for place in shared if place["role"] == "owner" and place["id"] not in owned_ids]
    return Departure(
        alone=[place for place in present if place["id"] not in shared_ids],
        shared=[place for place in shared if place["lifecycle"] != "trashed" or place not in ownerless],
        orphaned=[place for place in ownerless if place["lifecycle"] != "trashed"],
        all=places,
    )


def leave(uow: UnitOfWork, user_id: str, departure: Departure, usernames: Collection[str]) -> None:
    """Leave all workspaces, and delete those of the user alone, with what the ledger tells of their contents.

    The unit of work is in none of them afterwards.

    Arguments:
        departure: from `plan`, without orphaned workspaces.
        usernames: all that the user ever had.

    Raises:
        StaleRow: members came or went meanwhile.
    """
    gone = [place["id"] for place in departure.alone]
    _forget_names(uow, [place for place in departure.all if place["id"] not in gone], usernames)
    scope = uow.scope
    for place in departure.shared:
        enter(uow, place["id"], place["role"])
        remove_member(uow, member(uow, user_id))
    uow.enter(scope)
    for workspace_id in gone:
        purge_workspace(uow, uow.get(Workspace, workspace_id, trashed=True, lock=True))
    forget_words(uow, gone)


def _forget_names(uow: UnitOfWork, places: list[Row], usernames: Collection[str]) -> None:
    """Rename workspaces that are called after the user; quietly, since an event would tell the old name."""
    names = {first_workspace(username) for username in usernames}
    for place in places:
        if place["name"] in names:
            row = uow.get(Workspace, place["id"], trashed=True, lock=True)
            uow.update(Workspace, row, {"name": NAMELESS})
    replace_names(uow, [place["id"] for place in places], names, NAMELESS)
