"""Audit logs over HTTP."""

from __future__ import annotations

from typing import Any

from pronaflow_kernel.api import OVERSEEN, Blueprint, Download, Page, Reader, Row

from .schemas import AuditExportQuery, AuditLogOut, AuditQuery
from .service import AuditLog


def build(log: AuditLog) -> Blueprint:
    """The routes."""
    blp = Blueprint(
        "archiving",
        url_prefix="/api/v1/audit-logs",
        tag="Audit logs",
        summary="Who did what, from where, and what changed; nobody can change it",
        name="audit_logs",
    )

    @blp.endpoint(
        "GET",
        "",
        permission="archiving.read_audit",
        target=OVERSEEN,
        query=AuditQuery,
        returns=AuditLogOut,
        many=True,
    )
    def list_audit_logs(reader: Reader, query: dict[str, Any]) -> Page:
        """List who did what, newest first.

        Owners and admins read the log of their workspace, without private projects that they do not see.
        Everybody reads their own actions in all workspaces by `user_id=me`. Administrators of the system read
        everything, or one workspace that they name. What was moved to cold storage is not listed; the export
        has it.
        """
        return log.page(reader, query)

    @blp.endpoint(
        "GET",
        "/export",
        permission="archiving.read_audit",
        target=OVERSEEN,
        query=AuditExportQuery,
        download=True,
    )
    def export_audit_logs(reader: Reader, query: dict[str, Any]) -> Download:
        """Take out the entries that a list with the same filters shows, as CSV or JSON lines.

        Those in cold storage come last. Cells that a spreadsheet would calculate are made text. That it was
        taken out stands in the log.
        """
        return log.export(reader, query)

    @blp.endpoint(
        "GET",
        "/<id:audit_log_id>",
        permission="archiving.read_audit",
        target=OVERSEEN,
        returns=AuditLogOut,
        resource="audit_log",
    )
    def get_audit_log(reader: Reader, audit_log_id: str) -> Row:
        """Show one entry, of those that you may read."""
        return log.get(reader, audit_log_id)

    return blp
