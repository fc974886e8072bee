"""Status and health as they are shown."""

from __future__ import annotations

from marshmallow import fields

from pronaflow_kernel.api import Schema, Timestamp, WorkspaceQuery

STATES = ["operational", "degraded", "down", "disabled"]
WORDS = ["healthy", "degraded", "unhealthy", "disabled"]


class StatusQuery(WorkspaceQuery):
    """Which workspace; else the first one."""


class _PartOut(Schema):
    status = fields.String(metadata={"enum": STATES})


class TokensPartOut(_PartOut):
    """API tokens."""

    active_tokens = fields.Integer(metadata={"description": "Of all members, that work"})


class WebhooksPartOut(_PartOut):
    """Webhooks."""

    active_webhooks = fields.Integer()
    pending_deliveries = fields.Integer()


class OauthPartOut(_PartOut):
    """Connections to other services."""

    active_connections = fields.Integer()


class PluginsPartOut(_PartOut):
    """Plugins from the marketplace."""

    installed_plugins = fields.Integer()


class StatusOut(Schema):
    """How a workspace is connected, part by part; `disabled` is what no plugin offers here."""

    api_tokens = fields.Nested(TokensPartOut)
    webhooks = fields.Nested(WebhooksPartOut)
    oauth = fields.Nested(OauthPartOut)
    plugins = fields.Nested(PluginsPartOut)


class ComponentsOut(Schema):
    """What the server stands on; `disabled` is what it does without."""

    database = fields.String(metadata={"enum": WORDS})
    redis = fields.String(metadata={"enum": WORDS})
    email_service = fields.String(metadata={"enum": WORDS})


class HealthOut(Schema):
    """Whether the server is well."""

    status = fields.String(metadata={"enum": ["healthy", "degraded", "unhealthy"]})
    timestamp = Timestamp()
    components = fields.Nested(ComponentsOut)
