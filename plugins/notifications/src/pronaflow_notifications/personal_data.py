"""What this plugin holds of a user: what they were told, and what they do not want to hear.

All of it goes when the user is forgotten. What others were told of something they did stays, and names them
by their id alone.
"""

from __future__ import annotations

from sqlalchemy import bindparam, delete, select

from pronaflow_kernel.api import IdType, Reader, Row, UnitOfWork, unscoped

from .consumers import personal_data as consumers
from .delivery.models import Address
from .models import Counter, Merged, Mute, Notification

_USER = bindparam("user_id", type_=IdType())
_WHY = "a user's data is looked for in all workspaces"
_HELD = {
    "notifications": unscoped(_WHY, select(Notification.__table__).where(Notification.user_id == _USER)),
    "channels": select(
        Address.id, Address.channel, Address.hint, Address.created_at, Address.updated_at
    ).where(Address.user_id == _USER),
    "mutes": unscoped(_WHY, select(Mute.__table__).where(Mute.user_id == _USER)),
}
_FORGET = [
    unscoped(_WHY, delete(model).where(model.user_id == _USER))
    for model in (Merged, Notification, Counter, Mute, Address)
]


def collect(reader: Reader, user_id: str) -> dict[str, list[Row]]:
    """The user's notifications and mutes, and event consumers."""
    held = {kind: reader.all(statement, user_id=user_id) for kind, statement in _HELD.items()}
    return held | consumers.collect(reader, user_id)


def erase(uow: UnitOfWork, user_id: str) -> None:
    """Delete all of it; what is on its way goes with the notifications."""
    for statement in _FORGET:
        uow.execute(statement, user_id=user_id)
    consumers.erase(uow, user_id)
