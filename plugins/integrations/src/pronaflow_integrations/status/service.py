"""How integrations fare in a workspace, and whether the server is well (modules.md 12.3)."""

from __future__ import annotations

from pronaflow_kernel.api import Context, Reader, Row

from ..connections.service import ConnectionService
from . import queries

PARTS = {"plugins": "installed_plugins"}
"""Parts that other plugins may report, with what each counts."""

COMPONENTS = {"database": "database", "redis": "redis", "email_service": "email"}
"""From what the seed calls a component to what the server calls its probe."""


class StatusService:
    """Counts and probes.

    Arguments:
        ctx: of the plugin; connections: tells how they fare.
    """

    def __init__(self, ctx: Context, connections: ConnectionService) -> None:
        self._ctx, self._connections = ctx, connections

    def status(self, reader: Reader) -> Row:
        """The parts of the scope's workspace, counted now."""
        now = self._ctx.clock.now()
        hooks = reader.one(queries.WEBHOOKS, now=now) or {"active": 0, "troubled": 0, "well": 0}
        found: Row = {
            "api_tokens": {
                "status": "operational",
                "active_tokens": reader.value(queries.TOKENS, now=now) or 0,
            },
            "webhooks": {
                "status": _fares(hooks),
                "active_webhooks": hooks["active"],
                "pending_deliveries": reader.value(queries.PENDING) or 0,
            },
            "oauth": self._connections.status(reader),
        }
        found |= {name: {"status": "disabled", counted: 0} for name, counted in PARTS.items()}
        for _, answer in self._ctx.hooks.ask("collect_integration_status", reader=reader):
            for name in PARTS.keys() & answer.keys():
                found[name] = {word: answer[name][word] for word in ("status", PARTS[name])}
        return found

    def health(self) -> Row:
        """What the server stands on, asked now or within the last two seconds."""
        words = self._ctx.health()
        components = {shown: words.get(name, "disabled") for shown, name in COMPONENTS.items()}
        status = next((word for word in ("unhealthy", "degraded") if word in components.values()), "healthy")
        return {"status": status, "timestamp": self._ctx.clock.now(), "components": components}


def _fares(hooks: Row) -> str:
    """How webhooks fare: some that fail degrade it, and where none gets through it is down."""
    if not hooks["troubled"]:
        return "operational"
    return "degraded" if hooks["well"] else "down"
