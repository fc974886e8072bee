"""Webhooks over HTTP (first seed, module 12)."""

from __future__ import annotations

from typing import Any

from pronaflow_kernel.api import (
    WORKSPACE,
    Blueprint,
    JobOut,
    Page,
    Reader,
    Row,
    UnitOfWork,
    Window,
    in_path,
)

from .recover import Recovery
from .schemas import (
    DeliveryDetail,
    DeliveryOut,
    DeliveryQuery,
    NewWebhookOut,
    RecoverIn,
    RotateIn,
    WebhookCreate,
    WebhookOut,
    WebhookPatch,
    WebhookQuery,
)
from .service import WebhookService

WEBHOOK = in_path("webhook")
ONE: dict[str, Any] = {"returns": WebhookOut, "resource": "webhook"}
SECRET: dict[str, Any] = {"returns": NewWebhookOut, "resource": "webhook", "idempotency": "reference"}
READ, CHANGE = "webhooks.read", "webhooks.change"


def build(service: WebhookService, recovery: Recovery) -> Blueprint:
    """Webhooks and what was sent to them."""
    blp = Blueprint(
        "integrations",
        url_prefix="/api/v1/integration/webhooks",
        tag="Webhooks",
        summary="Other systems, told of what happens",
        name="integrations_webhooks",
    )
    _add_webhooks(blp, service)
    _add_acts(blp, service, recovery)
    _add_deliveries(blp, service)
    return blp


def _add_webhooks(blp: Blueprint, service: WebhookService) -> None:
    @blp.endpoint("GET", "", permission=READ, target=WORKSPACE, query=WebhookQuery, many=True, **ONE)
    def list_webhooks(reader: Reader, query: dict[str, Any]) -> Page:
        """List the webhooks of a workspace."""
        return service.page(reader, query)

    @blp.endpoint(
        "POST",
        "",
        permission=CHANGE,
        target=WORKSPACE,
        body=WebhookCreate,
        status=201,
        **SECRET,
    )
    def create_webhook(uow: UnitOfWork, body: dict[str, Any]) -> Row:
        """Create a webhook.

        Messages are signed as Standard Webhooks 1.0 says (`webhook-id`, `webhook-timestamp`,
        `webhook-signature`), and by `X-PronaFlow-Signature`, the HMAC-SHA256 of the body in hex. Each is sent
        at least once; `webhook-id` stays the same.
        """
        return service.create(uow, body)

    @blp.endpoint("GET", "/<id:webhook_id>", permission=READ, target=WEBHOOK, **ONE)
    def get_webhook(reader: Reader, webhook_id: str) -> Row:
        """Get a webhook."""
        return service.get(reader, webhook_id)

    @blp.endpoint("PATCH", "/<id:webhook_id>", permission=CHANGE, target=WEBHOOK, body=WebhookPatch, **ONE)
    def update_webhook(uow: UnitOfWork, webhook_id: str, body: dict[str, Any]) -> Row:
        """Change a webhook.

        A map of events adds and takes away what it names, a list replaces all. Whoever switches it on again
        lends it their eyes: it sees what they see.
        """
        return service.update(uow, webhook_id, body)

    @blp.endpoint("DELETE", "/<id:webhook_id>", permission=CHANGE, target=WEBHOOK, status=204)
    def delete_webhook(uow: UnitOfWork, webhook_id: str) -> None:
        """Delete a webhook and all that was sent to it."""
        service.delete(uow, webhook_id)


def _add_acts(blp: Blueprint, service: WebhookService, recovery: Recovery) -> None:
    @blp.endpoint(
        "POST",
        "/<id:webhook_id>/test",
        permission=CHANGE,
        target=WEBHOOK,
        status=202,
        returns=DeliveryDetail,
    )
    def test_webhook(uow: UnitOfWork, webhook_id: str) -> Row:
        """Send a message of the type `webhook.test`; its delivery tells what came of it."""
        return service.test(uow, webhook_id)

    @blp.endpoint(
        "POST",
        "/<id:webhook_id>/rotate-secret",
        permission=CHANGE,
        target=WEBHOOK,
        body=RotateIn,
        **SECRET,
    )
    def rotate_webhook_secret(uow: UnitOfWork, webhook_id: str, body: dict[str, Any]) -> Row:
        """Replace the secret; until the old one ends messages are signed with both."""
        return service.rotate(uow, webhook_id, body)

    @blp.endpoint(
        "POST",
        "/<id:webhook_id>/recover",
        permission=CHANGE,
        target=WEBHOOK,
        body=RecoverIn,
        status=202,
        returns=JobOut,
    )
    def recover_webhook(uow: UnitOfWork, webhook_id: str, body: dict[str, Any]) -> Row:
        """Send again what failed in a time, or what was never sent; at most 100 messages a second."""
        return recovery.start(uow, webhook_id, body)


def _add_deliveries(blp: Blueprint, service: WebhookService) -> None:
    @blp.endpoint(
        "GET",
        "/<id:webhook_id>/deliveries",
        permission=READ,
        target=WEBHOOK,
        query=DeliveryQuery,
        returns=DeliveryOut,
        many="window",
    )
    def list_webhook_deliveries(reader: Reader, webhook_id: str, query: dict[str, Any]) -> Window:
        """List what was sent to a webhook, the newest first."""
        return service.deliveries(reader, webhook_id, query)

    @blp.endpoint(
        "GET",
        "/<id:webhook_id>/deliveries/<id:delivery_id>",
        permission=READ,
        target=WEBHOOK,
        returns=DeliveryDetail,
    )
    def get_webhook_delivery(reader: Reader, webhook_id: str, delivery_id: str) -> Row:
        """Get a message as it was sent, with each attempt."""
        return service.delivery(reader, webhook_id, delivery_id)

    @blp.endpoint(
        "POST",
        "/<id:webhook_id>/deliveries/<id:delivery_id>/redeliver",
        permission=CHANGE,
        target=WEBHOOK,
        status=202,
        returns=DeliveryDetail,
    )
    def redeliver(uow: UnitOfWork, webhook_id: str, delivery_id: str) -> Row:
        """Send a message once more, as it was; its `webhook-id` stays, so that who has it can tell."""
        return service.redeliver(uow, webhook_id, delivery_id)
