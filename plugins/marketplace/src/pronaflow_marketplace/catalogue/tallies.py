"""Counting installations and ratings.

A tally is counted anew from the rows under a lock, so that it cannot drift away from them.
"""

from __future__ import annotations

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.exc import IntegrityError

from pronaflow_kernel.api import Row, UnitOfWork, unscoped

from ..installations.models import Installation
from ..ratings.models import Rating
from .models import Tally

_WHY = "how often a plugin is installed is counted over all workspaces, and tells of none of them"

ALL = select(Tally.__table__)
_LOCKED = select(Tally.__table__).where(Tally.plugin_id == bindparam("plugin_id")).with_for_update()
_RATED = select(func.count()).where(Rating.plugin_id == Tally.plugin_id).scalar_subquery()
_STARS = (
    select(func.coalesce(func.sum(Rating.rating), 0))
    .where(Rating.plugin_id == Tally.plugin_id)
    .scalar_subquery()
)
_INSTALLED = (
    select(func.count())
    .where(Installation.plugin_id == Tally.plugin_id, Installation.purge_after.is_(None))
    .scalar_subquery()
)
_RECOUNT = unscoped(
    _WHY,
    update(Tally)
    .where(Tally.plugin_id == bindparam("counted"))
    .values(install_count=_INSTALLED, rating_count=_RATED, rating_sum=_STARS),
)
RECOUNT_ALL = unscoped(
    _WHY, update(Tally).values(install_count=_INSTALLED, rating_count=_RATED, rating_sum=_STARS)
)
"""For what goes without anybody saying so: workspaces and accounts that are deleted."""


def lock(uow: UnitOfWork, plugin_id: str) -> Row:
    """Let nobody else change what is counted of a plugin until this commits."""
    found = uow.one(_LOCKED, plugin_id=plugin_id)
    if found is not None:
        return found
    try:
        with uow.savepoint():
            return uow.insert(Tally, {"plugin_id": plugin_id})
    except IntegrityError:  # somebody else was the first at this moment
        return uow.one(_LOCKED, plugin_id=plugin_id) or {}


def recount(uow: UnitOfWork, plugin_id: str) -> None:
    """Count a plugin anew; call `lock` before the change that is counted."""
    uow.execute(_RECOUNT, counted=plugin_id)
