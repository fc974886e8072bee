"""Status and health over HTTP."""

from __future__ import annotations

from typing import Any

from pronaflow_kernel.api import NOWHERE, PUBLIC, WORKSPACE, Blueprint, Reader, Row

from .schemas import HealthOut, StatusOut, StatusQuery
from .service import StatusService


def build(service: StatusService) -> Blueprint:
    """How integrations fare."""
    blp = Blueprint(
        "integrations",
        url_prefix="/api/v1/integration",
        tag="Integration status",
        summary="How integrations fare, and whether the server is well",
        name="integration_status",
    )

    @blp.endpoint(
        "GET",
        "/status",
        permission="integrations.read_status",
        target=WORKSPACE,
        query=StatusQuery,
        returns=StatusOut,
    )
    def get_integration_status(reader: Reader, query: dict[str, Any]) -> Row:
        """Tell how a workspace is connected: tokens, webhooks, connections and plugins, with their numbers.

        `degraded` where some webhooks fail or were switched off by the server, `down` where none that is on
        gets through, `disabled` where no plugin offers the part here, or no service can be
        connected. Connections are those of the members.
        """
        return service.status(reader)

    @blp.endpoint("GET", "/health", permission=PUBLIC, target=NOWHERE, returns=HealthOut)
    def get_integration_health(reader: Reader) -> Row:
        """Tell whether database, Redis and mail server answer.

        Each is asked at most every two seconds. `disabled` is what this server does without.
        """
        return service.health()

    return blp
