"""What the plugin consists of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any

from sqlalchemy import MetaData

from pronaflow_kernel.api import (
    Blueprint,
    Context,
    EventType,
    JobType,
    Permission,
    Plugin,
    Principal,
    RateLimit,
    Reader,
    Resource,
    Subscriber,
    UnitOfWork,
    hookimpl,
    load_permissions,
)

from . import hookspecs, personal_data
from .api import Connections as ConnectionsApi
from .api import Consents
from .connections.apps import OAuthApp
from .connections.events import CONNECTION_EVENTS
from .connections.parts import CONSENT, Connections
from .consents import routes as consent_routes
from .consents.events import CONSENT_EVENTS
from .consents.keeping import ConsentKeeping
from .consents.service import ConsentService
from .models import Base
from .settings import IntegrationsSettings
from .status import routes as status_routes
from .status.service import StatusService
from .tokens import routes as token_routes
from .tokens.events import TOKEN_EVENTS
from .tokens.models import ApiToken
from .tokens.scopes import Scopes
from .tokens.service import TokenService
from .tokens.sign_in import TokenSignIn
from .tokens.tiers import tiers_of
from .tokens.warning import ExpiryWarning
from .usage import routes as usage_routes
from .usage.counts import Counts
from .usage.service import UsageService
from .webhooks.events import WEBHOOK_EVENTS
from .webhooks.parts import Webhooks


class IntegrationsPlugin(Plugin):
    """Module 12: API tokens, usage, webhooks, connections, consents."""

    def setup(self, ctx: Context) -> None:
        """Build the services."""
        super().setup(ctx)
        scopes, tiers = Scopes(ctx.access), tiers_of(ctx.settings)
        self.usage = UsageService(ctx, tiers)
        self.tokens = TokenService(ctx, scopes, self.usage)
        self.sign_in = TokenSignIn(ctx, scopes, tiers, Counts(ctx))
        self.expiry = ExpiryWarning(ctx)
        self.webhooks = Webhooks(ctx)
        self.connections = Connections(ctx, self._end_consents, self._agrees)
        self.consents = ConsentService(ctx, self.connections.service.needs, self.connections.service.stop)
        self.consent_keeping = ConsentKeeping(ctx)
        self.status = StatusService(ctx, self.connections.service)

    def on_assembled(self, event_types: Mapping[str, EventType]) -> None:
        """Take the OAuth apps of other plugins."""

        def take(plugin_id: str, apps: Sequence[OAuthApp]) -> None:
            self.connections.apps.add(plugin_id, apps)

        self.ctx.hooks.take("provide_oauth_apps", take)

    @hookimpl
    def provide_hookspecs(self) -> ModuleType:
        """What other plugins are asked: hookspecs.py."""
        return hookspecs

    @hookimpl
    def provide_services(self) -> Mapping[type[Any], Any]:
        """What other plugins may ask for: api.py."""
        return {Consents: self.consents, ConnectionsApi: self.connections}

    @hookimpl
    def provide_settings(self) -> type[IntegrationsSettings]:
        """The section `[integrations]`."""
        return IntegrationsSettings

    @hookimpl
    def provide_models(self) -> MetaData:
        """The tables of all features."""
        metadata: MetaData = Base.metadata
        return metadata

    @hookimpl
    def provide_permissions(self) -> Sequence[Permission]:
        """`permissions.toml`."""
        return load_permissions(__package__)

    @hookimpl
    def provide_event_types(self) -> Sequence[EventType]:
        """The `events.py` of each feature."""
        return [*TOKEN_EVENTS, *WEBHOOK_EVENTS, *CONSENT_EVENTS, *CONNECTION_EVENTS]

    @hookimpl
    def provide_resources(self) -> Sequence[Resource]:
        """Tokens, of which deleting one revokes it, and webhooks."""
        acts = dict.fromkeys(("read", "update", "delete"), token_routes.MANAGE)
        tokens = Resource("api_token", ApiToken, "name", permissions=acts, trash=self.tokens.revoke)
        return [tokens, self.webhooks.resource()]

    @hookimpl
    def provide_subscribers(self) -> Sequence[Subscriber]:
        """What webhooks are told of."""
        return self.webhooks.subscribers()

    @hookimpl
    def provide_jobs(self) -> Sequence[JobType]:
        """Warnings before tokens end, forgetting of usage and consents, what webhooks and connections do."""
        own = (*self.expiry.jobs(), *self.usage.jobs(), *self.consent_keeping.jobs())
        return [*own, *self.webhooks.jobs(), *self.connections.jobs()]

    @hookimpl
    def provide_blueprints(self) -> Sequence[Blueprint]:
        """The `routes.py` of each feature."""
        return [
            token_routes.build(self.tokens),
            usage_routes.build(self.tokens, self.usage),
            self.webhooks.blueprint(),
            self.connections.blueprint(),
            consent_routes.build(self.consents),
            status_routes.build(self.status),
        ]

    @hookimpl
    def pick_principal(self, reader: Reader, credential: str) -> Principal | None:
        """Sign in by an API token: tokens/sign_in.py."""
        return self.sign_in.principal(reader, credential)

    @hookimpl
    def pick_rate_limit(self, reader: Reader, principal: Principal) -> RateLimit | None:
        """The tier of an API token: tokens/tiers.py."""
        return self.sign_in.rate_limit(principal)

    @hookimpl
    def collect_user_data(self, reader: Reader, user_id: str) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        """Personal data: personal_data.py."""
        return personal_data.collect(reader, user_id)

    @hookimpl
    def erase_user_data(self, uow: UnitOfWork, user_id: str) -> str:
        """Personal data: personal_data.py."""
        self.connections.service.end_all(uow, user_id)
        return personal_data.erase(uow, user_id)

    def _end_consents(self, uow: UnitOfWork, connection_id: str) -> None:
        self.consents.revoke(uow, consent_type=CONSENT, resource_id=connection_id)

    def _agrees(self, reader: Reader, user_id: str, connection_id: str) -> bool:
        return self.consents.agrees(reader, user_id, consent_type=CONSENT, resource_id=connection_id)
