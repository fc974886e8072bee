"""What this plugin holds of a user: their ratings, and which plugins they have installed.

The ratings go with the user. An installation is the workspace's, and stays with nothing but an id.
"""

from __future__ import annotations

from sqlalchemy import bindparam, delete, select

from pronaflow_kernel.api import IdType, Reader, Row, UnitOfWork, unscoped

from .catalogue.tallies import lock, recount
from .installations.models import Installation
from .ratings.models import Rating

_USER = bindparam("user_id", type_=IdType())
_RATINGS = select(Rating.__table__).where(Rating.user_id == _USER).order_by(Rating.plugin_id)
_INSTALLED = unscoped(
    "a user's data is looked for in all workspaces",
    select(Installation.__table__).where(Installation.installed_by == _USER).order_by(Installation.id),
)
_FORGET = delete(Rating).where(Rating.user_id == _USER)


def collect(reader: Reader, user_id: str) -> dict[str, list[Row]]:
    """The user's ratings, and the plugins that they have installed."""
    return {
        "ratings": reader.all(_RATINGS, user_id=user_id),
        "installations": reader.all(_INSTALLED, user_id=user_id),
    }


def erase(uow: UnitOfWork, user_id: str) -> None:
    """Delete the user's ratings, and count what is left."""
    rated = [row["plugin_id"] for row in uow.all(_RATINGS, user_id=user_id)]
    for plugin_id in rated:
        lock(uow, plugin_id)
    uow.execute(_FORGET, user_id=user_id)
    for plugin_id in rated:
        recount(uow, plugin_id)
