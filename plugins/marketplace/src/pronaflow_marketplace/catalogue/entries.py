"""What the catalogue is put together from: the plugins of this server, and those that indexes offer."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from pronaflow_kernel.api import InstalledPlugin, InstalledPlugins, Manifest, NotFound, Offer, as_id

_SPACE = uuid.UUID("8f0d4b0e-6c0f-5a55-9d4e-52f6e0f4b3a1")


def entry_id(plugin_id: str) -> str:
    """The UUID under which the first seed shows a plugin: the same on every server."""
    return str(uuid.uuid5(_SPACE, plugin_id))


@dataclass(frozen=True, slots=True)
class Entry:
    """A plugin in the catalogue.

    Arguments:
        installed: the plugin on this server; None where an index alone tells of it.
        offer: of an index, for the same plugin.
    """

    installed: InstalledPlugin | None
    offer: Offer | None

    @property
    def manifest(self) -> Manifest:
        """What it says of itself; of what is here, not of what could be."""
        if self.installed is not None:
            return self.installed.manifest
        assert self.offer is not None, "an entry is installed or offered"
        return self.offer.manifest

    @property
    def plugin_id(self) -> str:
        """Its id."""
        return self.manifest.id

    @property
    def version(self) -> str:
        """Of what is here, else of what is offered."""
        return self.installed.version if self.installed else self.offer.version if self.offer else ""

    @property
    def verified_at(self) -> datetime | None:
        """When the contract suite passed for this code and this hook API; None where no report says so."""
        report = self.offer.report if self.offer else None
        content = self.installed.content if self.installed else self.offer.content if self.offer else ""
        return report.checked_at if report is not None and report.verifies(content) else None


class Entries:
    """The catalogue.

    Arguments:
        plugins: what is installed and offered.
    """

    def __init__(self, plugins: InstalledPlugins) -> None:
        self._plugins = plugins

    def all(self) -> Mapping[str, Entry]:
        """Every plugin there is, by id."""
        installed, offers = self._plugins.all(), self._plugins.offers()
        return {each: Entry(installed.get(each), offers.get(each)) for each in {**installed, **offers}}

    def find(self, named: str) -> Entry:
        """A plugin by its UUID or its id.

        Raises:
            NotFound: there is none.
        """
        known, wanted = self.all(), as_id(named)
        for plugin_id, entry in known.items():
            if named == plugin_id or wanted == entry_id(plugin_id):
                return entry
        raise NotFound("There is no such plugin: GET /api/v1/integration/plugins lists them")
