"""What connections bring to the plugin."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from pronaflow_kernel.api import Blueprint, Context, JobType, Reader, UnitOfWork

from . import queries
from .apps import Apps
from .provider import ProviderClient
from .renewal import Renewal
from .routes import build
from .service import CONSENT, ConnectionService, shown_token

Granted = Callable[[Reader, str, str], bool]


class Connections:
    """Connections, put together; fulfils `Connections` of the plugin's api for other plugins.

    Arguments:
        ctx: of the plugin.
        end_consents: ends the consents to a connection that is gone, by its id.
        granted: whether a user, by id, agrees to what is done with a connection, by id.
    """

    def __init__(
        self, ctx: Context, end_consents: Callable[[UnitOfWork, str], object], granted: Granted
    ) -> None:
        self._ctx, self._granted = ctx, granted
        self.apps = Apps(ctx)
        provider = ProviderClient(ctx)
        self.service = ConnectionService(ctx, self.apps, provider, end_consents)
        self._renewal = Renewal(ctx, self.apps, provider)

    def blueprint(self) -> Blueprint:
        """`routes.py`."""
        return build(self.service)

    def jobs(self) -> list[JobType]:
        """`renewal.py`."""
        return self._renewal.jobs()

    def access_token(self, reader: Reader, user_id: str, provider_name: str) -> str | None:
        """What another plugin acts with; see the plugin's api."""
        for row in reader.all(queries.ACTIVE_OF, user_id=user_id, provider_name=provider_name):
            if self._granted(reader, user_id, row["id"]):
                return shown_token(self._ctx, row, "access_token")
        return None

    def accounts(self, reader: Reader, user_ids: Collection[str], provider_name: str) -> Mapping[str, str]:
        """Whom another plugin reaches there; see the plugin's api."""
        where = {"provider_name": provider_name, "consent_type": CONSENT}
        rows = reader.all(queries.ACCOUNTS, user_ids=list(user_ids), **where)
        return {row["user_id"]: row["external_user_id"] for row in rows}


__all__ = ["CONSENT", "Connections"]
