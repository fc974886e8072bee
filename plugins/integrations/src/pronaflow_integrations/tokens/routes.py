"""API tokens over HTTP. All of it is for people: no token has the scope of these routes."""

from __future__ import annotations

from typing import Any

from pronaflow_kernel.api import (
    WORKSPACE,
    Blueprint,
    Page,
    Reader,
    Row,
    UnitOfWork,
    WorkspaceQuery,
    in_path,
)

from .schemas import (
    ApiTokenIn,
    ApiTokenOut,
    ApiTokenPatch,
    ApiTokenQuery,
    ApiTokenRotation,
    NewApiTokenOut,
    ScopeOut,
)
from .service import TokenService

MANAGE = "integrations.manage_tokens"
FRESH = 600
"""Seconds within which somebody must have proved who they are, to get a secret (security.md 2.6)."""

TOKEN = in_path("api_token", "token_id")
ONE: dict[str, Any] = {"permission": MANAGE, "resource": "api_token"}
SECRET: dict[str, Any] = {**ONE, "returns": NewApiTokenOut, "fresh": FRESH, "idempotency": "reference"}


def build(service: TokenService) -> Blueprint:
    """The tokens of the caller."""
    blp = Blueprint(
        "integrations",
        url_prefix="/api/v1/integration/tokens",
        tag="API tokens",
        summary="Tokens by which programs act for people, limited to scopes and to one workspace",
        name="integration_tokens",
    )
    _add_collection(blp, service)
    _add_record(blp, service)
    _add_rotation(blp, service)
    return blp


def _add_collection(blp: Blueprint, service: TokenService) -> None:
    @blp.endpoint("GET", "", target=WORKSPACE, query=ApiTokenQuery, returns=ApiTokenOut, many=True, **ONE)
    def list_tokens(reader: Reader, query: dict[str, Any]) -> Page:
        """List your API tokens for a workspace, newest first; revoked and expired ones are among them.

        With `include_usage` each tells how much it was used. What was counted in the last seconds may still
        be missing.
        """
        return service.page(reader, query)

    @blp.endpoint("POST", "", target=WORKSPACE, body=ApiTokenIn, status=201, **SECRET)
    def create_token(uow: UnitOfWork, body: dict[str, Any]) -> Row:
        """Create an API token. Its secret is in this answer and never shown again.

        It acts as you in this one workspace, within its scopes and never beyond what you may do at the moment
        of each request. Tokens cannot manage tokens, change passwords or end sessions.
        """
        return service.create(uow, body)

    @blp.endpoint(
        "GET",
        "/scopes",
        permission=MANAGE,
        target=WORKSPACE,
        query=WorkspaceQuery,
        returns=ScopeOut,
        many=True,
    )
    def list_token_scopes(reader: Reader, query: dict[str, Any]) -> list[Row]:
        """List what a token can be allowed.

        `write` of something includes `read` of it; `admin:all` includes everything that you may do. Scopes of
        plugins that are switched off are left out.
        """
        return service.scopes(reader)


def _add_record(blp: Blueprint, service: TokenService) -> None:
    @blp.endpoint("GET", "/<id:token_id>", target=TOKEN, returns=ApiTokenOut, **ONE)
    def get_token(reader: Reader, token_id: str) -> Row:
        """Get one of your API tokens, without its secret."""
        return service.get(reader, token_id)

    @blp.endpoint("PATCH", "/<id:token_id>", target=TOKEN, body=ApiTokenPatch, returns=ApiTokenOut, **ONE)
    def update_token(uow: UnitOfWork, token_id: str, body: dict[str, Any]) -> Row:
        """Rename an API token, or switch it off and on.

        `is_active: false` stops it at once, and it can come back; one that was revoked cannot (409).
        """
        return service.update(uow, token_id, body)

    @blp.endpoint("DELETE", "/<id:token_id>", permission=MANAGE, target=TOKEN, status=204)
    def revoke_token(uow: UnitOfWork, token_id: str) -> None:
        """Revoke an API token for good. It stops at once and stays in the list."""
        service.revoke(uow, token_id)


def _add_rotation(blp: Blueprint, service: TokenService) -> None:
    @blp.endpoint("POST", "/<id:token_id>/rotate", target=TOKEN, body=ApiTokenRotation, **SECRET)
    def rotate_token(uow: UnitOfWork, token_id: str, body: dict[str, Any]) -> Row:
        """Give an API token a new secret and a new end. The old secret stops at once.

        Name, scopes and usage stay. An expired token works again.
        """
        return service.rotate(uow, token_id, body)
