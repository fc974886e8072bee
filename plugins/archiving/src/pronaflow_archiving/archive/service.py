"""Moving containers to the archive and back, over the kernel's archive (modules.md 8.1, 8.3)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pronaflow_kernel.api import Context, Listing, Page, Reader, Resource, Row, UnitOfWork

from . import queries

MOST = 200
"""Entries of a history that is not asked for by pages (modules.md 9.1)."""


class ArchiveService:
    """The archive of one resource type, first-party: of projects.

    Arguments:
        ctx: of the plugin.
        kind: the resource type.
    """

    def __init__(self, ctx: Context, kind: Resource) -> None:
        self._ctx, self._kind = ctx, kind
        self._listing: Listing | None = None

    def archive(self, uow: UnitOfWork, container_id: str, body: Mapping[str, Any]) -> Row:
        """Move one to the archive.

        Raises:
            Conflict: it is there already, or its owner objects.
        """
        self._ctx.archive.archive(
            uow, self._kind.name, container_id, body["reason"], notify=body["notify_team"]
        )
        entry = self._ctx.archive.history(uow, self._kind.name, container_id)[0]
        return {
            "id": container_id,
            "status": "archived",
            "archived_at": entry["at"],
            "archived_by": entry["performed_by"],
            "reason": entry["reason"],
        }

    def bring_back(self, uow: UnitOfWork, container_id: str) -> Row:
        """Bring one back from the archive, as it was before.

        Raises:
            Conflict: it is not there, or its owner objects.
        """
        self._ctx.archive.unarchive(uow, self._kind.name, container_id)
        row = self._ctx.trash.record(uow, self._kind, container_id)
        return {
            "id": container_id,
            "status": row.get("status", row["lifecycle"]),
            "lifecycle": row["lifecycle"],
            "restored_at": uow.now,
        }

    def history(self, reader: Reader, container_id: str, query: Mapping[str, Any]) -> Page | list[Row]:
        """How one went to the archive and back, the latest move first."""
        entries = self._ctx.archive.history(reader, self._kind.name, container_id)
        if query["page"] is None and query["page_size"] is None:
            return entries[:MOST]
        page, size = query["page"] or 1, query["page_size"] or 20
        rows = entries[(page - 1) * size : page * size]
        return Page(rows, page, size, len(entries), True, None)

    def page(self, reader: Reader, query: Mapping[str, Any]) -> Page:
        """Those in the archive that the caller sees."""
        if self._listing is None:
            # At the first request it is known who owns containers.
            self._listing = queries.archived(self._kind, self._ctx.access.containers)
        return self._listing.page(reader, query)
