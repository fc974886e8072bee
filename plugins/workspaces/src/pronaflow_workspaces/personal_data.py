"""What this plugin holds of a user: invitations that they sent, and those that went to their mail address.

The first stay with their workspace when the user is forgotten, with nothing but an id; the second hold a
mail address and go.
"""

from __future__ import annotations

from sqlalchemy import bindparam, delete, or_, select

from pronaflow_kernel.api import IdType, Reader, Row, UnitOfWork, User, unscoped

from .models import Invitation

_USER = bindparam("user_id", type_=IdType())
_WHY = "a user's data is looked for in all workspaces"
_RECEIVED = Invitation.email_norm == select(User.email_norm).where(User.id == _USER).scalar_subquery()

_INVITATIONS = unscoped(
    _WHY,
    select(*(column for column in Invitation.__table__.c if column.name != "token_hash")).where(
        or_(Invitation.invited_by == _USER, _RECEIVED)
    ),
)
_FORGET = unscoped(_WHY, delete(Invitation).where(_RECEIVED))


def collect(reader: Reader, user_id: str) -> dict[str, list[Row]]:
    """Invitations by the user and to them."""
    return {"invitations": reader.all(_INVITATIONS, user_id=user_id)}


def erase(uow: UnitOfWork, user_id: str) -> None:
    """Remove the invitations to the user; the account still has its mail address here."""
    uow.execute(_FORGET, user_id=user_id)
