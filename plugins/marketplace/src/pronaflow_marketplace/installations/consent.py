"""A consent that is taken back stops the plugin that it was given to (ADR 056).

From then on nothing is agreed to: `version_seen` and `granted` of the installation are empty, so that it
shows what is missing, and nobody switches the plugin on before somebody has agreed anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import bindparam, select

from pronaflow_integrations.api import Consents
from pronaflow_kernel.api import Context, Event, IdType, Row, Scope, Subscriber, UnitOfWork, unscoped

from .events import PLUGIN_DEACTIVATED, plugin_payload
from .models import Installation
from .queries import ONE

CONSENT = "THIRD_PARTY"
"""What kind of consent installing a plugin is."""

RESOURCE = "plugin"
"""What a consent is about; with the id of the installation."""

_PLACE = unscoped(
    "somebody takes a consent back in no workspace, and the installation tells which one it was for",
    select(Installation.workspace_id).where(
        Installation.id == bindparam("id", type_=IdType()), Installation.purge_after.is_(None)
    ),
)


def is_agreed(row: Row) -> bool:
    """Whether somebody's consent to an installation stands."""
    return bool(row["version_seen"])


class ConsentEnds:
    """Hears of consents that were taken back.

    Arguments:
        ctx: of the plugin.
    """

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    def subscriber(self) -> Subscriber:
        """Of `consent.revoked`; hearing it again would stop what was agreed to anew since."""
        return Subscriber("consent_ended", ("consent.revoked",), self._ended, replayable=False)

    def _ended(self, uow: UnitOfWork, event: Event) -> None:
        told = event.payload
        if (told["consent_type"], told["resource_type"]) != (CONSENT, RESOURCE) or not told["resource_id"]:
            return
        workspace_id = uow.value(_PLACE, id=told["resource_id"])
        if workspace_id is None:
            return
        uow.enter(Scope.system(workspace_id))
        row = uow.one(ONE, id=told["resource_id"])
        if row is not None and is_agreed(row) and not self._agreed_again(uow, told):
            self._stop(uow, row)

    def _agreed_again(self, uow: UnitOfWork, told: Mapping[str, Any]) -> bool:
        names = ("consent_type", "resource_type", "resource_id")
        this = {name: told[name] for name in names}
        return self._ctx.services.require(Consents).is_granted(uow, told["user_id"], **this)

    def _stop(self, uow: UnitOfWork, row: Row) -> None:
        consents = self._ctx.services.require(Consents)
        consents.revoke(uow, consent_type=CONSENT, resource_id=row["id"])  # those of others who agreed
        uow.update(Installation, row, {"version_seen": "", "granted": []})
        plugins = self._ctx.plugins
        known = row["plugin_id"] in plugins.all()
        if known and plugins.switch(uow, row["plugin_id"], False, cascade=True).changed:
            uow.publish(PLUGIN_DEACTIVATED, row["id"], plugin_payload(row))
