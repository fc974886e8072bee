"""Retention over HTTP."""

from __future__ import annotations

from pronaflow_kernel.api import WORKSPACE, Blueprint, Reader, Row, UnitOfWork, WorkspaceQuery

from .schemas import RetentionIn, RetentionOut
from .service import Retention


def build(retention: Retention) -> Blueprint:
    """The routes."""
    blp = Blueprint(
        "archiving",
        url_prefix="/api/v1/compliance/retention",
        tag="Compliance",
        summary="How long what is kept",
        name="retention",
    )

    @blp.endpoint(
        "GET",
        "",
        permission="archiving.read_retention",
        target=WORKSPACE,
        query=WorkspaceQuery,
        returns=RetentionOut,
    )
    def get_retention(reader: Reader, query: Row) -> Row:
        """Show how long a workspace, the server and its plugins keep what."""
        return retention.get(reader)

    @blp.endpoint(
        "PUT",
        "",
        permission="archiving.change_retention",
        target=WORKSPACE,
        query=WorkspaceQuery,
        body=RetentionIn,
        returns=RetentionOut,
    )
    def change_retention(uow: UnitOfWork, query: Row, body: Row) -> Row:
        """Decide after how many days entries of the workspace's audit log move into compressed files.

        They are not listed any more then; the export has them. Off unless it is decided.
        """
        return retention.change(uow, body)

    return blp
