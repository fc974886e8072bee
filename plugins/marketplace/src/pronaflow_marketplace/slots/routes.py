"""What fills places in pages, over HTTP."""

from __future__ import annotations

from typing import Any

from pronaflow_kernel.api import WORKSPACE, Blueprint, Reader, Row

from .schemas import SlotOut, SlotsQuery
from .service import Slots


def build(service: Slots) -> Blueprint:
    """What the pages of a workspace load."""
    blp = Blueprint(
        "marketplace",
        url_prefix="/api/v1/ui",
        tag="Plugins",
        summary="Plugins found, installed, configured and rated",
        name="marketplace_ui",
    )

    @blp.endpoint(
        "GET",
        "/slots",
        permission="plugins.read",
        target=WORKSPACE,
        query=SlotsQuery,
        returns=SlotOut,
        many=True,
    )
    def list_ui_slots(reader: Reader, query: dict[str, Any]) -> list[Row]:
        """List what the plugins of a workspace fill places in pages with, in the order in which it stands.

        A page imports `module_url`, makes the custom element `element` and gives it what it is about.
        """
        return service.all(reader, query["slot"])

    return blp
