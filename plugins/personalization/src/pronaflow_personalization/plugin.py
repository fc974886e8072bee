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
    Permission,
    Plugin,
    Reader,
    Resource,
    UnitOfWork,
    hookimpl,
    load_permissions,
)

from . import hookspecs, personal_data, routes
from .models import Base
from .offers import Offers
from .policies import routes as policy_routes
from .policies.service import Policies
from .service import PreferencesService
from .views import routes as view_routes
from .views.events import VIEW_EVENTS
from .views.models import SavedView
from .views.service import Views


class PersonalizationPlugin(Plugin):
    """Module 9: preferences, themes, languages, accessibility, saved views."""

    def setup(self, ctx: Context) -> None:
        """Build the services."""
        super().setup(ctx)
        self.offers = Offers(ctx)
        self.preferences = PreferencesService(ctx, self.offers)
        self.policies = Policies(ctx, self.offers)
        self.views = Views(ctx)

    def on_assembled(self, event_types: Mapping[str, EventType]) -> None:
        """Take the themes and languages that others bring: offers.py."""
        self.offers.collect()

    @hookimpl
    def provide_hookspecs(self) -> ModuleType:
        """What other plugins are asked: hookspecs.py."""
        return hookspecs

    @hookimpl
    def provide_models(self) -> MetaData:
        """`views/models.py`."""
        metadata: MetaData = Base.metadata
        return metadata

    @hookimpl
    def provide_permissions(self) -> Sequence[Permission]:
        """`permissions.toml`."""
        return load_permissions(__package__)

    @hookimpl
    def provide_event_types(self) -> Sequence[EventType]:
        """`views/events.py`; what happens to preferences is the kernel's to tell."""
        return VIEW_EVENTS

    @hookimpl
    def provide_resources(self) -> Sequence[Resource]:
        """Saved views."""
        acts = {
            "read": "personalization.read_views",
            "update": "personalization.change_views",
            "delete": "personalization.change_views",
        }
        url = "/api/v1/preferences/views/{id}"
        return [Resource("saved_view", SavedView, "name", url=url, permissions=acts, trash=self.views.delete)]

    @hookimpl
    def provide_blueprints(self) -> Sequence[Blueprint]:
        """`routes.py`, `policies/routes.py` and `views/routes.py`."""
        return [
            routes.build(self.preferences, self.offers),
            policy_routes.build(self.policies),
            view_routes.build(self.views),
        ]

    @hookimpl
    def collect_user_data(self, reader: Reader, user_id: str) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        """Personal data: personal_data.py."""
        return personal_data.collect(reader, user_id)

    @hookimpl
    def erase_user_data(self, uow: UnitOfWork, user_id: str) -> None:
        """Personal data: personal_data.py."""
        personal_data.erase(uow, user_id)
