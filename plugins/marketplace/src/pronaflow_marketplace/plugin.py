"""What the plugin consists of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import MetaData

from pronaflow_integrations.api import ConsentNeed
from pronaflow_kernel.api import (
    Blueprint,
    Context,
    EventType,
    JobType,
    Permission,
    Plugin,
    Reader,
    Resource,
    Subscriber,
    UnitOfWork,
    hookimpl,
    load_permissions,
)

from . import personal_data
from .catalogue import routes as catalogue_routes
from .catalogue.entries import Entries
from .catalogue.service import Catalogue
from .installations import routes as installation_routes
from .installations.clearing import Clearing
from .installations.consent import ConsentEnds
from .installations.events import PLUGIN_EVENTS
from .installations.models import Installation
from .installations.service import Installations
from .models import Base
from .ratings import routes as rating_routes
from .ratings.service import Ratings
from .slots import routes as slot_routes
from .slots.service import Slots


class MarketplacePlugin(Plugin):
    """Module 12: the marketplace."""

    def setup(self, ctx: Context) -> None:
        """Build the services."""
        super().setup(ctx)
        entries = Entries(ctx.plugins)
        self.catalogue = Catalogue(entries)
        self.installations = Installations(ctx, entries)
        self.ratings = Ratings(entries)
        self.slots = Slots(ctx)

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
        """`installations/events.py`."""
        return PLUGIN_EVENTS

    @hookimpl
    def provide_resources(self) -> Sequence[Resource]:
        """Installations, of which deleting one uninstalls the plugin."""
        read, change = installation_routes.READ, installation_routes.CHANGE
        acts = {"read": read, "update": change, "delete": change}
        uninstall = self.installations.uninstall
        return [
            Resource(installation_routes.KIND, Installation, "plugin_id", permissions=acts, trash=uninstall)
        ]

    @hookimpl
    def provide_subscribers(self) -> Sequence[Subscriber]:
        """What becomes of a plugin whose consent is taken back."""
        return [ConsentEnds(self.ctx).subscriber()]

    @hookimpl
    def provide_jobs(self) -> Sequence[JobType]:
        """Clearing away what was uninstalled."""
        return [Clearing(self.ctx).job()]

    @hookimpl
    def provide_blueprints(self) -> Sequence[Blueprint]:
        """One blueprint, to which each feature adds its routes, and that of the pages."""
        blp = Blueprint(
            "marketplace",
            url_prefix="/api/v1/integration/plugins",
            tag="Plugins",
            summary="Plugins found, installed, configured and rated",
        )
        catalogue_routes.add(blp, self.catalogue)
        installation_routes.add(blp, self.installations)
        rating_routes.add(blp, self.ratings)
        return [blp, slot_routes.build(self.slots)]

    @hookimpl
    def collect_consent_needs(self, reader: Reader, user_id: str) -> Sequence[ConsentNeed]:
        """One for each plugin that a user has installed."""
        return self.installations.needs(reader, user_id)

    @hookimpl
    def collect_integration_status(self, reader: Reader) -> Mapping[str, Any]:
        """How many plugins a workspace has from here."""
        return {"plugins": {"status": "operational", "installed_plugins": self.installations.count(reader)}}

    @hookimpl
    def collect_user_data(self, reader: Reader, user_id: str) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        """Personal data: personal_data.py."""
        return personal_data.collect(reader, user_id)

    @hookimpl
    def erase_user_data(self, uow: UnitOfWork, user_id: str) -> None:
        """Personal data: personal_data.py."""
        personal_data.erase(uow, user_id)
