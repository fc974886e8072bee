"""A plugin of a third party that adds a handler type; it does not import notifications."""

from __future__ import annotations

from typing import Any, ClassVar

from marshmallow import fields

from pronaflow_kernel.api import Plugin, Schema, hookimpl, invalid


class Flight(Schema):
    """Where the pigeon flies."""

    loft = fields.String(required=True)


class PigeonsPlugin(Plugin):
    """Lets pigeons fly."""

    flown: ClassVar[list[Any]] = []

    @hookimpl
    def provide_event_handlers(self) -> list[dict[str, Any]]:
        """The handler type `pigeon`."""
        return [{"name": "pigeon", "handle": self.fly, "config": Flight, "check": self.look}]

    def look(self, reader: Any, config: Any) -> None:
        """Pigeons find some lofts alone."""
        if config["loft"] == "nowhere":
            raise invalid("loft", "No pigeon has been there.")

    def fly(self, reader: Any, handling: Any) -> None:
        """Let one fly."""
        self.flown.append((handling.config["loft"], handling.event.type, handling.event.payload["title"]))
