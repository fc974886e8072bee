"""Ratings: one of each user for each plugin (modules.md 12.3)."""

from __future__ import annotations

from sqlalchemy import bindparam, delete, select, update

from pronaflow_kernel.api import SCOPE_USER, NotFound, Reader, Row, UnitOfWork, UtcDateTime

from ..catalogue.entries import Entries
from ..catalogue.tallies import lock, recount
from .models import Rating

_MINE = (Rating.plugin_id == bindparam("plugin"), Rating.user_id == SCOPE_USER)
_OWN = select(Rating.__table__).where(*_MINE)
_CHANGE = (
    update(Rating)
    .where(*_MINE)
    .values(rating=bindparam("stars"), updated_at=bindparam("now", type_=UtcDateTime()))
)
_TAKE_BACK = delete(Rating).where(*_MINE)


class Ratings:
    """What people think of plugins.

    Arguments:
        entries: the catalogue.
    """

    def __init__(self, entries: Entries) -> None:
        self._entries = entries

    def get(self, reader: Reader, named: str) -> Row:
        """The caller's own rating.

        Raises:
            NotFound: there is no such plugin, or they have not rated it.
        """
        row = reader.one(_OWN, plugin=self._entries.find(named).plugin_id)
        if row is None:
            raise NotFound("You have not rated this plugin")
        return row

    def rate(self, uow: UnitOfWork, named: str, stars: int) -> Row:
        """Rate a plugin, or think again.

        Raises:
            NotFound: there is no such plugin.
        """
        plugin_id = self._entries.find(named).plugin_id
        lock(uow, plugin_id)
        if not uow.execute(_CHANGE, plugin=plugin_id, stars=stars, now=uow.now):
            user = uow.scope.principal.user_id
            uow.insert(Rating, {"plugin_id": plugin_id, "user_id": user, "rating": stars})
        recount(uow, plugin_id)
        return self.get(uow, plugin_id)

    def take_back(self, uow: UnitOfWork, named: str) -> None:
        """Forget the caller's rating.

        Raises:
            NotFound: there is no such plugin, or they have not rated it.
        """
        plugin_id = self._entries.find(named).plugin_id
        lock(uow, plugin_id)
        if not uow.execute(_TAKE_BACK, plugin=plugin_id):
            raise NotFound("You have not rated this plugin")
        recount(uow, plugin_id)
