"""Reading and changing what somebody chose about notifications; the kernel keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pronaflow_kernel.api import Context, NotFound, Reader, Row, UnitOfWork

from .values import SECTION, effective


class PreferenceService:
    """The caller's preferences about notifications.

    Arguments:
        ctx: of the plugin.
    """

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    def get(self, reader: Reader) -> Row:
        """What holds for the caller."""
        user_id = _caller(reader)
        return _shown(user_id, self._ctx.preferences.of(reader, SECTION, [user_id])[user_id])

    def change(self, uow: UnitOfWork, changes: Mapping[str, Any]) -> Row:
        """Merge changes into what the caller has chosen; None brings a default back."""
        user_id = _caller(uow)
        return _shown(user_id, self._ctx.preferences.change(uow, SECTION, user_id, changes))


def _shown(user_id: str, chosen: Any) -> Row:
    return {
        "id": chosen.id,
        "user_id": user_id,
        **effective(chosen.values),
        "updated_at": chosen.updated_at,
    }


def _caller(reader: Reader) -> str:
    user_id = reader.scope.principal.user_id
    if user_id is None:
        raise NotFound("Only people have preferences")
    return user_id
