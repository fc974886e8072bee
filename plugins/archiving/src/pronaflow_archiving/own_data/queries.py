"""Prebuilt statements on exports of personal data and on erasures."""

from __future__ import annotations

from sqlalchemy import bindparam, or_, select

from pronaflow_kernel.api import SCOPE_USER, IdType, Listing, User, UtcDateTime

from .models import DataExport, ErasureRequest

_ID = bindparam("id", type_=IdType())
_USER = bindparam("user_id", type_=IdType())

_MINE = select(DataExport.__table__).where(DataExport.user_id == SCOPE_USER)
EXPORTS = Listing(
    _MINE,
    id=DataExport.id,
    sorts={"created_at": DataExport.created_at},
    default="-created_at",
)
EXPORT = _MINE.where(DataExport.id == _ID)
UNFINISHED = select(DataExport.__table__).where(DataExport.id == _ID)
OF_USER = select(DataExport.__table__).where(DataExport.user_id == _USER).order_by(DataExport.id)
EXPIRED = (
    select(DataExport.__table__)
    .where(DataExport.expires_at <= bindparam("now", type_=UtcDateTime()))
    .order_by(DataExport.expires_at)
    .limit(200)
)

_ASKED = select(ErasureRequest.__table__).where(ErasureRequest.asked_by == SCOPE_USER)
ERASURES = Listing(
    _ASKED,
    id=ErasureRequest.id,
    sorts={"created_at": ErasureRequest.created_at},
    default="-created_at",
)
ERASURE = _ASKED.where(ErasureRequest.id == _ID)
OPEN = select(ErasureRequest.__table__).where(ErasureRequest.id == _ID)
ABOUT = (
    select(ErasureRequest.__table__)
    .where(or_(ErasureRequest.user_id == _USER, ErasureRequest.asked_by == _USER))
    .order_by(ErasureRequest.id)
)
PERSON = select(User.id, User.status).where(User.id == _USER)
