"""Who reads what of the audit trail (modules.md, section 8 item 10), as pages and as files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Any

import orjson

from pronaflow_kernel.api import (
    Context,
    Download,
    Forbidden,
    Page,
    Reader,
    Row,
    Scope,
    csv_chunks,
)

from ..retention.cold import ColdStorage
from ..spans import check_span
from .events import AUDIT_EXPORTED
from .schemas import ME

MANAGERS = ("owner", "admin")
"""Workspace roles that read the whole log of their workspace."""

COLUMNS = (
    "id", "timestamp", "action", "user_id", "user_email", "actor_kind", "resource_type", "resource_id",
    "workspace_id", "changes", "ip_address", "origin",
)  # fmt: skip
"""Of an export; the names are those of the API."""


_LINE = orjson.OPT_APPEND_NEWLINE | orjson.OPT_UTC_Z


class AuditLog:
    """Reads it.

    Arguments:
        ctx: of the plugin; cold: holds what was moved out of the database.
    """

    def __init__(self, ctx: Context, cold: ColdStorage) -> None:
        self._ctx, self._reads, self._cold = ctx, ctx.audit, cold

    def page(self, reader: Reader, query: Mapping[str, Any]) -> Page:
        """A page, newest first.

        Raises:
            Forbidden: the caller does not run the workspace.
            ValidationFailed: the span is reversed.
        """
        view, asked = self._asked(reader, query)
        return self._reads.page(reader, view, asked)

    def get(self, reader: Reader, entry_id: str) -> Row:
        """One entry, of all that the caller may read.

        Raises:
            NotFound: there is none.
        """
        return self._reads.get(reader, self._widest(reader), entry_id)

    def export(self, reader: Reader, query: Mapping[str, Any]) -> Download:
        """All entries, newest first, those in cold storage at the end; that they were taken out is recorded.

        Raises:
            Forbidden, ValidationFailed: as `page`.
        """
        view, asked = self._asked(reader, query)
        scope = reader.scope
        self._record(scope, query["format"])
        rows = self._rows(scope, view, asked)
        name = f"audit-logs.{query['format']}"
        if query["format"] == "csv":
            lines = csv_chunks(COLUMNS, ([_cell(row[name]) for name in COLUMNS] for row in rows))
            return Download(name, "text/csv; charset=utf-8", lines)
        return Download(name, "application/x-ndjson", _json_lines(rows))

    def _asked(self, reader: Reader, query: Mapping[str, Any]) -> tuple[Any, dict[str, Any]]:
        """The view that a query is for, and its filters."""
        check_span(query["start"], query["end"])
        scope, asked = reader.scope, dict(query)
        named = query["workspace_id"]
        if query["user_id"] == ME or query["user_id"] == scope.principal.user_id:
            # Whoever is bound to one workspace, by a token, learns of no other.
            bound = scope.principal.workspace_id
            return "own", {**asked, "user_id": None, "workspace_id": bound or named}
        if scope.workspace_role in MANAGERS:
            return "workspace", {**asked, "workspace_id": None}
        if scope.principal.is_system_admin:
            return "all", {**asked, "workspace_id": scope.workspace_id}
        raise Forbidden(
            "Only owners and admins read the audit log of a workspace: user_id=me shows what you did yourself"
        )

    def _widest(self, reader: Reader) -> Any:
        if reader.scope.principal.is_system_admin and reader.scope.principal.workspace_id is None:
            return "all"
        return "workspace" if reader.scope.workspace_role in MANAGERS else "own"

    def _record(self, scope: Scope, format: str) -> None:
        with self._ctx.db.write(scope) as uow:
            user_id = str(scope.principal.user_id)
            uow.publish(AUDIT_EXPORTED, user_id, {"user_id": user_id, "format": format})

    def _rows(self, scope: Scope, view: Any, asked: Mapping[str, Any]) -> Iterator[Row]:
        yield from self._reads.rows(partial(self._ctx.db.read, scope), view, asked)
        yield from self._cold.entries(scope, view, asked, self._reads.filters(asked))


def _json_lines(rows: Iterable[Row]) -> Iterator[bytes]:
    for row in rows:
        yield orjson.dumps({name: row[name] for name in COLUMNS}, option=_LINE)


def _cell(value: Any) -> Any:
    return orjson.dumps(value).decode() if isinstance(value, dict) else value
