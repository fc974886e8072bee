"""Whoever may see a place no longer keeps nothing of what was told of it; of what is gone nobody does."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Literal

from pronaflow_kernel.api import Access, Event, UnitOfWork

from . import counters, queries

Place = Literal["workspace", "container", "thing"]

KEYS: dict[Place, str] = {"container": "container_id", "thing": "about_id"}
"""What names a place inside a workspace."""


class Departures:
    """Hears of people who leave, and of workspaces that go.

    Arguments:
        access: tells who still sees a container.
    """

    def __init__(self, access: Access) -> None:
        self._access = access

    def left(self, uow: UnitOfWork, event: Event) -> None:
        """Somebody left a workspace, or a container in it."""
        user_id = event.payload["user_id"]
        if event.container_id is not None:
            if user_id not in self._access.audience(uow, [user_id], event.container_id):
                forget(uow, "container", [user_id], event.container_id)
        elif user_id not in self._access.audience(uow, [user_id]):
            forget(uow, "workspace", [user_id])
            uow.execute(queries.FORGET_MUTES, ids=[user_id])

    def closed(self, uow: UnitOfWork, event: Event) -> None:
        """A workspace went to the trash: nothing in it can be opened any more."""
        holders = [row["user_id"] for row in uow.all(queries.HOLDERS["workspace"])]
        forget(uow, "workspace", holders)

    def purged(self, uow: UnitOfWork, event: Event) -> None:
        """Something was deleted for good: its title, and what is on its way to people, go with it."""
        gone = event.payload["resource_id"]
        # Containers are purged outside of containers: what happened in them goes too.
        places: tuple[Place, ...] = ("thing",) if event.container_id else ("thing", "container")
        for place in places:
            holders = [row["user_id"] for row in uow.all(queries.HOLDERS[place], **{KEYS[place]: gone})]
            forget(uow, place, holders, gone)


def hide(uow: UnitOfWork, access: Access, container_id: str) -> None:
    """Let those keep nothing of a container who do not see it any more."""
    holders = [row["user_id"] for row in uow.all(queries.HOLDERS["container"], container_id=container_id)]
    forget(uow, "container", set(holders) - access.audience(uow, holders, container_id), container_id)


def forget(uow: UnitOfWork, place: Place, user_ids: Collection[str], place_id: str | None = None) -> None:
    """Delete people's notifications of the scope's workspace, or of a container or a thing in it."""
    if not user_ids:
        return
    ids = sorted(set(user_ids))
    where: dict[str, Any] = {"ids": ids} if place == "workspace" else {"ids": ids, KEYS[place]: place_id}
    counters.hold(uow, ids)
    unread = {row["user_id"]: -row["unread"] for row in uow.all(queries.LEAVING[place], **where)}
    uow.execute(queries.FORGET[place], **where)
    counters.add(uow, unread)
