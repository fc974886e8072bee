"""The catalogue over HTTP (first seed, module 12)."""

from __future__ import annotations

from typing import Any

from pronaflow_kernel.api import Blueprint, Page, Reader, Row

from .schemas import CategoryOut, PluginDetailOut, PluginOut, PluginQuery
from .service import Catalogue

BROWSE = "plugins.browse"


def add(blp: Blueprint, catalogue: Catalogue) -> None:
    """Looking for plugins."""

    @blp.endpoint("GET", "", permission=BROWSE, query=PluginQuery, returns=PluginOut, many=True)
    def list_plugins(reader: Reader, query: dict[str, Any]) -> Page:
        """List the plugins of this server, and those that its indexes offer beside them."""
        return catalogue.page(reader, query)

    @blp.endpoint("GET", "/categories", permission=BROWSE, returns=CategoryOut, many=True)
    def list_plugin_categories(reader: Reader) -> list[Row]:
        """List the categories of the catalogue."""
        return catalogue.categories(reader)

    @blp.endpoint("GET", "/<string:plugin_id>", permission=BROWSE, returns=PluginDetailOut)
    def get_plugin(reader: Reader, plugin_id: str) -> Row:
        """Get a plugin with its manifest: what it asks for, which hosts it calls, how it is configured."""
        return catalogue.get(reader, plugin_id)
