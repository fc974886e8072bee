"""Connections over HTTP."""

from __future__ import annotations

from typing import Any

from pronaflow_kernel.api import Blueprint, Page, Reader, Row, UnitOfWork

from .schemas import (
    AuthorizeIn,
    AuthorizeOut,
    CallbackIn,
    ConnectionIn,
    ConnectionOut,
    ConnectionQuery,
    OAuthAppOut,
)
from .service import ConnectionService

READ, CHANGE = "connections.read", "connections.change"


def build(service: ConnectionService) -> Blueprint:
    """What can be connected, and the caller's connections."""
    blp = Blueprint(
        "integrations",
        url_prefix="/api/v1/integration/oauth",
        tag="OAuth connections",
        summary="Your accounts at other services",
        name="integration_oauth",
    )
    _add_apps(blp, service)
    _add_connections(blp, service)
    return blp


def _add_apps(blp: Blueprint, service: ConnectionService) -> None:
    @blp.endpoint("GET", "/apps", permission=READ, returns=OAuthAppOut, many=True)
    def list_oauth_apps(reader: Reader) -> list[Row]:
        """List the services of which accounts can be connected.

        One with `is_enabled: false` waits for the operator, who has to register this server there.
        """
        return [app.shown() for app in service.apps.all()]

    @blp.endpoint("GET", "/apps/<string:app_id>", permission=READ, returns=OAuthAppOut)
    def get_oauth_app(reader: Reader, app_id: str) -> Row:
        """Get a service of which accounts can be connected, by its id or its name."""
        return service.apps.get(app_id).shown()

    @blp.endpoint(
        "POST",
        "/apps/<string:app_id>/authorize",
        permission=CHANGE,
        body=AuthorizeIn,
        returns=AuthorizeOut,
        status=201,
        idempotency="off",
    )
    def authorize_oauth_app(uow: UnitOfWork, app_id: str, body: dict[str, Any]) -> Row:
        """Begin to connect an account.

        Send the browser to `authorize_url`. The service sends it back to `redirect_uri`; send what stands in
        that address to `POST /oauth/callback`, as the same user and within ten minutes.
        """
        return service.begin(uow, app_id, body["redirect_uri"])

    @blp.endpoint(
        "POST",
        "/callback",
        permission=CHANGE,
        body=CallbackIn,
        returns=ConnectionOut,
        status=201,
        writes=False,
    )
    def finish_oauth_connection(reader: Reader, body: dict[str, Any]) -> Row:
        """Connect the account of which a service has sent a code.

        A `state` works once, and only for whoever began: one that was made up, used before or begun by
        somebody else is refused (400) and stands in the audit log.
        """
        return service.finish(reader, body)


def _add_connections(blp: Blueprint, service: ConnectionService) -> None:
    @blp.endpoint(
        "GET", "/connections", permission=READ, query=ConnectionQuery, returns=ConnectionOut, many=True
    )
    def list_oauth_connections(reader: Reader, query: dict[str, Any]) -> Page:
        """List your connected accounts, newest first."""
        return service.page(reader, query)

    @blp.endpoint(
        "POST",
        "/connections",
        permission=CHANGE,
        body=ConnectionIn,
        returns=ConnectionOut,
        status=201,
        idempotency="off",
    )
    def create_oauth_connection(uow: UnitOfWork, body: dict[str, Any]) -> Row:
        """Connect an account with tokens that you have already.

        They are stored encrypted and never shown. A second connection to the same account is a conflict
        (409), an app that is not enabled is refused (400). With a `refresh_token` and `expires_at` they are
        renewed before they end.
        """
        return service.connect(uow, body)

    @blp.endpoint("GET", "/connections/<id:connection_id>", permission=READ, returns=ConnectionOut)
    def get_oauth_connection(reader: Reader, connection_id: str) -> Row:
        """Get one of your connected accounts."""
        return service.get(reader, connection_id)

    @blp.endpoint("DELETE", "/connections/<id:connection_id>", permission=CHANGE, status=204)
    def delete_oauth_connection(uow: UnitOfWork, connection_id: str) -> None:
        """Disconnect an account.

        Your consents to it end, the service is told that its tokens are not needed any more, and they are
        deleted, a day later at most where the service cannot be reached.
        """
        service.disconnect(uow, connection_id)
