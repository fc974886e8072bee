"""A plugin that is right: four endpoints of the seed's section "Webhook Management", one table, no rules."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask import Blueprint
from marshmallow import fields
from sqlalchemy import MetaData, bindparam, select
from sqlalchemy.orm import Mapped, mapped_column

from pronaflow_kernel import api

PATH = "/api/v1/integration/webhooks"
ID = "/<id:webhook_id>"


class Webhook(api.model_base("standin"), api.Record):  # type: ignore[misc]
    __tablename__ = "standin__webhook"
    name: Mapped[str]
    url: Mapped[str]
    is_active: Mapped[bool] = mapped_column(default=True)
    subscribed_events: Mapped[dict[str, Any]]
    last_triggered_at: Mapped[datetime | None]


WEBHOOKS = api.Listing(
    select(Webhook).where(Webhook.workspace_id == api.SCOPE_WORKSPACE),
    id=Webhook.id,
    filters={"is_active": Webhook.is_active == bindparam("is_active")},
    sorts={"created_at": Webhook.created_at},
    default="created_at",
)


class WebhookQuery(api.PageQuery):
    is_active = fields.Boolean(load_default=None)


class WebhookPatch(api.Schema):
    name = api.Text(100)
    subscribed_events = fields.Dict(keys=fields.String(), values=fields.Boolean())
    is_active = fields.Boolean()


class WebhookIn(WebhookPatch):
    url = fields.Url(required=True)
    secret = fields.String()
    retry_policy = fields.String()
    max_retries = fields.Integer()
    timeout_seconds = fields.Integer()


class WebhookOut(WebhookIn):
    class Meta:
        fields = ("id", "name", "url", "is_active", "subscribed_events", "last_triggered_at", "created_at")

    id = api.Id()
    last_triggered_at = api.Timestamp()
    created_at = api.Timestamp()


def blueprint() -> Blueprint:
    """The routes."""
    blp = api.Blueprint("standin", url_prefix=PATH, tag="Stand-in")
    declared: dict[str, Any] = {"permission": "standin.use", "target": api.WORKSPACE}

    @blp.endpoint("POST", "", body=WebhookIn, returns=WebhookOut, status=201, **declared)
    def create_webhook(uow: api.UnitOfWork, body: dict[str, Any]) -> api.Row:
        """Create a webhook; the events set to false are left out."""
        events = {name: True for name, wanted in body["subscribed_events"].items() if wanted}
        values = {"name": body["name"], "url": body["url"], "subscribed_events": events}
        return uow.insert(Webhook, values | {"last_triggered_at": uow.now})

    @blp.endpoint("GET", "", query=WebhookQuery, returns=WebhookOut, many=True, **declared)
    def list_webhooks(reader: api.Reader, query: dict[str, Any]) -> Any:
        """List the webhooks."""
        return WEBHOOKS.page(reader, query, {"is_active": query["is_active"]})

    @blp.endpoint("PATCH", ID, body=WebhookPatch, returns=WebhookOut, **declared)
    def change_webhook(uow: api.UnitOfWork, webhook_id: str, body: dict[str, Any]) -> api.Row:
        """Change a webhook; events are merged."""
        row = uow.get(Webhook, webhook_id)
        body["subscribed_events"] = row["subscribed_events"] | body["subscribed_events"]
        return uow.update(Webhook, row, body).row

    @blp.endpoint("DELETE", ID, status=204, **declared)
    def delete_webhook(uow: api.UnitOfWork, webhook_id: str) -> None:
        """Delete a webhook."""
        uow.remove(Webhook, uow.get(Webhook, webhook_id))

    return blp


class StandInPlugin(api.Plugin):
    """Table of contents."""

    @api.hookimpl
    def provide_models(self) -> MetaData:
        return Webhook.metadata

    @api.hookimpl
    def provide_permissions(self) -> Sequence[api.Permission]:
        return api.load_permissions(__package__)

    @api.hookimpl
    def provide_blueprints(self) -> Sequence[Blueprint]:
        return [blueprint()]
