"""What this plugin holds of a user: saved views. What they have chosen lies with the kernel.

When the user is forgotten, private views go; those that a workspace shares stay, with nothing but an id.
"""

from __future__ import annotations

from sqlalchemy import bindparam, delete, not_, select

from pronaflow_kernel.api import IdType, Reader, Row, UnitOfWork, unscoped

from .views.models import SavedView

_USER = bindparam("user_id", type_=IdType())
_WHY = "a user's data is looked for in all workspaces"
_VIEWS = unscoped(_WHY, select(SavedView.__table__).where(SavedView.user_id == _USER).order_by(SavedView.id))
_FORGET = unscoped(_WHY, delete(SavedView).where(SavedView.user_id == _USER, not_(SavedView.shared)))


def collect(reader: Reader, user_id: str) -> dict[str, list[Row]]:
    """Saved views of the user."""
    return {"saved_views": reader.all(_VIEWS, user_id=user_id)}


def erase(uow: UnitOfWork, user_id: str) -> None:
    """Remove the private ones."""
    uow.execute(_FORGET, user_id=user_id)
