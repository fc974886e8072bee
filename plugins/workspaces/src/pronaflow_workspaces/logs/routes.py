"""What happened in a workspace, over HTTP; both logs are views of the ledger."""

from __future__ import annotations

from typing import Any

from pronaflow_kernel.api import Blueprint, LedgerEntryOut, LedgerQuery, LedgerReads, Page, Reader, in_path

from ..events import WORKSPACE_ACCESSED

ONE = in_path("workspace")


class AccessQuery(LedgerQuery):
    """Query of the access log, whose entries are all of one type."""

    class Meta:
        exclude = ("type",)


def build(ledger: LedgerReads) -> Blueprint:
    """Logs of a workspace.

    Arguments:
        ledger: reads it a page at a time.
    """
    blp = Blueprint(
        "workspaces",
        url_prefix="/api/v1/workspaces/<id:workspace_id>",
        tag="Workspace logs",
        summary="What happened in a workspace",
        name="workspace_logs",
    )

    @blp.endpoint(
        "GET",
        "/audit-logs",
        permission="workspaces.read_logs",
        target=ONE,
        query=LedgerQuery,
        returns=LedgerEntryOut,
        many=True,
    )
    def list_audit_logs(reader: Reader, workspace_id: str, query: dict[str, Any]) -> Page:
        """List what happened in a workspace, newest first.

        Private projects that you are not in are left out.
        """
        return ledger.in_workspace(reader, query)

    @blp.endpoint(
        "GET",
        "/access-logs",
        permission="workspaces.read_logs",
        target=ONE,
        query=AccessQuery,
        returns=LedgerEntryOut,
        many=True,
    )
    def list_access_logs(reader: Reader, workspace_id: str, query: dict[str, Any]) -> Page:
        """List who opened a workspace and when, newest first."""
        return ledger.in_workspace(reader, {**query, "type": WORKSPACE_ACCESSED.name})

    return blp
