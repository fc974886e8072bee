"""The trash of a workspace, over the kernel's (modules.md 8.6-8.7)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from pronaflow_kernel.api import (
    Conflict,
    Context,
    Forbidden,
    KernelError,
    NotFound,
    Page,
    Reader,
    Resource,
    Row,
    UnitOfWork,
    invalid,
    literal,
)

from . import queries
from .schemas import ALIASES

PURGE = "archiving.purge"


class TrashService:
    """Moves records of every resource type to the trash and back, and deletes them for good.

    Arguments:
        ctx: of the plugin.
    """

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    @cached_property
    def seen(self) -> queries.Seen:
        """The statements; built at the first request, when it is known who owns containers."""
        return queries.Seen(self._ctx.access.containers)

    def page(self, reader: Reader, query: Mapping[str, Any]) -> Page:
        """What is in the trash: own deletions; all for admins, and of one project for those who manage it."""
        named, search = query["resource_type"], query["search"]
        filters = {
            "resource_type": None if named is None else ALIASES.get(named, named),
            "deleted_by": query["deleted_by"],
            "container_id": query["container"],
            "search": f"%{literal(search.lower())}%" if search else None,
        }
        where = query["container"]
        managed = where is not None and self._manages(reader, where)
        return (self.seen.of_container if managed else self.seen.items).page(reader, query, filters)

    def put(self, uow: UnitOfWork, body: Mapping[str, Any]) -> Row:
        """Move a record to the trash, as a DELETE on it does.

        Raises:
            Conflict: it is there already, or its kind is deleted for good where it is.
            Forbidden, NotFound: as for that DELETE.
        """
        resource, resource_id = body["resource_type"], body["resource_id"]
        if resource == "workspace":
            raise invalid("resource_type", "A workspace is deleted at its own address.", "unfit")
        kind = self._kind(uow, resource)
        if not kind.keeps_trash:
            said = resource.replace("_", " ")
            raise Conflict(
                f"A {said} does not go to the trash: it is deleted for good, at its own address",
                details={"resource_type": resource},
            )
        row = self._ctx.trash.record(uow, kind, resource_id)
        self._authorize(uow, kind, "delete", row[kind.container] if kind.container else None)
        self._ctx.trash.discard(uow, resource, resource_id)
        item = self._ctx.trash.item(uow, resource, resource_id)
        if item is None:
            raise Conflict(f"The {resource.replace('_', ' ')} cannot be brought back", details={})
        return item

    def restore(self, uow: UnitOfWork, item_id: str) -> Row:
        """Bring a record back to where it was.

        Raises:
            NotFound: there is no such item, or not for the caller.
            Conflict: what it was in is in the trash, too; `details.parent` names that and its item.
        """
        item = self._item(uow, item_id)
        kind = self._kind(uow, item["resource_type"])
        row = self._ctx.trash.record(uow, kind, item["resource_id"])
        if self._ctx.trash.parent(uow, kind, row) is None:
            act = "restore" if "restore" in kind.permissions else "delete"
            self._authorize(uow, kind, act, item["container_id"])
        self._ctx.trash.recover(uow, kind.name, row["id"])
        status = self._ctx.trash.record(uow, kind, row["id"])["lifecycle"]
        names = ("resource_id", "resource_type")
        return {**{name: item[name] for name in names}, "status": status, "restored_at": uow.now}

    def restore_many(self, uow: UnitOfWork, body: Mapping[str, Any]) -> Row:
        """Bring records back, what others lie in first; each for itself, or all or none."""
        found: list[tuple[int, str]] = []
        restored: list[Row] = []
        failed: list[Row] = []
        for item_id in dict.fromkeys(body["trash_item_ids"]):
            item = uow.one(self.seen.one, id=item_id)
            found.append((self._depth(uow, item["resource_type"]) if item else 0, item_id))
        for _, item_id in sorted(found):
            try:
                with uow.savepoint():
                    restored.append(self.restore(uow, item_id))
            except KernelError as error:
                if body["on_error"] == "stop":
                    raise
                shown = {"code": error.code, "message": error.message, "details": error.details or None}
                failed.append({"trash_item_id": item_id, **shown})
        return {"restored": restored, "failed": failed}

    def purge(self, uow: UnitOfWork, item_id: str) -> None:
        """Delete a record for good, with all that is in it.

        Raises:
            NotFound: there is no such item, or not for the caller.
            Forbidden: the caller manages neither its project nor the workspace.
        """
        item = self._item(uow, item_id)
        kind = self._kind(uow, item["resource_type"])
        self._ctx.access.authorize(uow, PURGE, container_id=item["container_id"], trashed=True)
        self._ctx.trash.purge(uow, kind.name, item["resource_id"])

    def empty(self, uow: UnitOfWork) -> Row:
        """Have all that the caller sees in the trash deleted for good, little by little: a job."""
        args = {"user_id": uow.scope.principal.user_id, "before": uow.clock.now().isoformat()}
        return self._ctx.jobs.start(uow, "empty_trash", args, title="Empty the trash")

    def purgeable(self, uow: UnitOfWork, item: Row, known: dict[str, bool]) -> bool:
        """Whether the caller may delete an item for good.

        Arguments:
            known: what was found out about containers so far.
        """
        if self._ctx.trash.kind(uow, item["resource_type"]) is None:
            return False
        where = item["container_id"]
        if where is None:
            return uow.scope.workspace_role in self._ctx.access.permissions[PURGE].workspace
        if where not in known:
            known[where] = self._manages(uow, where)
        return known[where]

    def _manages(self, reader: Reader, container_id: str) -> bool:
        role = self._ctx.access.role(reader, container_id, trashed=True)
        return role in self._ctx.access.permissions[PURGE].container

    def _item(self, uow: UnitOfWork, item_id: str) -> Row:
        """An item that the caller sees, or in whose project they manage.

        Raises:
            NotFound: there is none, or it is not for the caller.
        """
        item = uow.one(self.seen.one, id=item_id)
        if item is None:
            item = uow.one(queries.ONE, id=item_id)
            if item is None or item["container_id"] is None or not self._manages(uow, item["container_id"]):
                raise NotFound
        return item

    def _kind(self, reader: Reader, resource: str) -> Resource:
        kind = self._ctx.trash.kind(reader, resource)
        if kind is None:
            raise Conflict(
                f"Nobody here knows what a {resource} is: its plugin is switched off or missing",
                details={"resource_type": resource},
            )
        return kind

    def _authorize(self, uow: UnitOfWork, kind: Resource, act: str, container_id: str | None) -> None:
        permission = kind.permissions.get(act)
        if permission is not None:
            self._ctx.access.authorize(uow, permission, container_id=container_id, trashed=True)
        elif uow.scope.workspace_role not in ("owner", "admin"):
            raise Forbidden(f"Only admins may do this to a {kind.name.replace('_', ' ')}")

    def _depth(self, reader: Reader, resource: str) -> int:
        """How many kinds of things lie around one of a kind."""
        kind = self._ctx.trash.kind(reader, resource)
        around = () if kind is None else kind.parents.values()
        return max((1 + self._depth(reader, each) for each in around), default=0)
