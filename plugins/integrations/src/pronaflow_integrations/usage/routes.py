"""The usage of a token over HTTP."""

from __future__ import annotations

from typing import Any

from pronaflow_kernel.api import Blueprint, Reader, Row

from ..tokens.routes import MANAGE, TOKEN
from ..tokens.service import TokenService
from .schemas import UsageOut, UsageQuery
from .service import UsageService


def build(tokens: TokenService, usage: UsageService) -> Blueprint:
    """What the caller's tokens were used for."""
    blp = Blueprint(
        "integrations",
        url_prefix="/api/v1/integration/tokens/<id:token_id>/usage",
        tag="API tokens",
        name="integration_token_usage",
    )

    @blp.endpoint("GET", "", permission=MANAGE, target=TOKEN, query=UsageQuery, returns=UsageOut)
    def get_token_usage(reader: Reader, token_id: str, query: dict[str, Any]) -> Row:
        """Tell what one of your API tokens was used for.

        Requests are counted by each server and written every ten seconds, so that the latest may still be
        missing; those that a server had not written when it was killed are lost. They are kept for 90 days.
        """
        return usage.report(reader, tokens.own(reader, token_id), query)

    return blp
