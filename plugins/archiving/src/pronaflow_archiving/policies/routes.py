"""The policy of a workspace over HTTP."""

from __future__ import annotations

from typing import Any

from pronaflow_kernel.api import WORKSPACE, Blueprint, Reader, Row, UnitOfWork, WorkspaceQuery

from .schemas import PolicyIn, PolicyOut
from .service import PolicyService


def build(service: PolicyService) -> Blueprint:
    """The blueprint under `/api/v1/archive/policies`."""
    blp = Blueprint(
        "archiving",
        url_prefix="/api/v1/archive/policies",
        tag="Archive",
        summary="When something is archived by itself, and how long the trash is kept",
        name="archive_policies",
    )

    @blp.endpoint(
        "GET",
        "",
        permission="archiving.read_policies",
        target=WORKSPACE,
        query=WorkspaceQuery,
        returns=PolicyOut,
    )
    def get_archive_policy(reader: Reader, query: Any) -> Row:
        """Read what the workspace decides about archive and trash."""
        return service.show(reader)

    @blp.endpoint(
        "PUT",
        "",
        permission="archiving.set_policies",
        target=WORKSPACE,
        body=PolicyIn,
        returns=PolicyOut,
    )
    def set_archive_policy(uow: UnitOfWork, body: Any) -> Row:
        """Decide when something is archived by itself, and how long the trash is kept.

        What is in the trash already stays as long as it was promised when it went there.
        """
        return service.set(uow, body)

    return blp
