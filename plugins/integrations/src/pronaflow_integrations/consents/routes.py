"""Consents over HTTP."""

from __future__ import annotations

from typing import Any

from pronaflow_kernel.api import Blueprint, Page, Reader, Row, UnitOfWork

from .schemas import ConsentIn, ConsentOut, ConsentQuery, ConsentStatusOut
from .service import ConsentService

READ, CHANGE = "consents.read", "consents.change"


def build(service: ConsentService) -> Blueprint:
    """The caller's consents."""
    blp = Blueprint(
        "integrations",
        url_prefix="/api/v1/integration/consents",
        tag="Consents",
        summary="What you have agreed to",
        name="integration_consents",
    )

    @blp.endpoint("GET", "", permission=READ, query=ConsentQuery, returns=ConsentOut, many=True)
    def list_consents(reader: Reader, query: dict[str, Any]) -> Page:
        """List what you have agreed to, newest first; what you took back is among it.

        The records of one thing are its history: `version` counts them.
        """
        return service.page(reader, query)

    @blp.endpoint("POST", "", permission=CHANGE, body=ConsentIn, returns=ConsentOut, status=201)
    def grant_consent(uow: UnitOfWork, body: dict[str, Any]) -> Row:
        """Agree to something.

        Agreeing twice is a conflict (409), unless the privacy policy has changed since or more is allowed by
        it now. After a consent was taken back, agreeing makes a new record with the next version.
        """
        return service.grant(uow, **body)

    @blp.endpoint("GET", "/status", permission=READ, returns=ConsentStatusOut)
    def get_consent_status(reader: Reader) -> Row:
        """Tell how much you have agreed to, and whether anything is missing.

        `action_required` when a connection or an installed plugin of yours has no granted consent, or one to
        an older privacy policy; `missing` names them.
        """
        return service.status(reader)

    @blp.endpoint("GET", "/<id:consent_id>", permission=READ, returns=ConsentOut)
    def get_consent(reader: Reader, consent_id: str) -> Row:
        """Get one of your consents."""
        return service.get(reader, consent_id)

    @blp.endpoint("DELETE", "/<id:consent_id>", permission=CHANGE, status=204)
    def revoke_consent(uow: UnitOfWork, consent_id: str) -> None:
        """Take a consent back. What it allowed stops at once; the record of it is kept for seven years."""
        service.take_back(uow, consent_id)

    return blp
