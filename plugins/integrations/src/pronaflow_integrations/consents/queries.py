"""Prebuilt statements on consents."""

from __future__ import annotations

from sqlalchemy import bindparam, delete, func, select, update

from pronaflow_kernel.api import SCOPE_USER, IdType, Listing, UtcDateTime

from .models import Consent

_TABLE = Consent.__table__
_USER = Consent.user_id == bindparam("user_id", type_=IdType())
_RESOURCE = Consent.resource_id == bindparam("resource_id")
_THIS = (
    _USER,
    Consent.consent_type == bindparam("consent_type"),
    Consent.resource_type == bindparam("resource_type"),
    _RESOURCE,
)

CONSENTS = Listing(
    select(_TABLE).where(Consent.user_id == SCOPE_USER),
    id=Consent.id,
    filters={
        "consent_type": Consent.consent_type == bindparam("consent_type"),
        "is_granted": Consent.is_granted == bindparam("is_granted"),
        "resource_type": Consent.resource_type == bindparam("resource_type"),
        "resource_id": _RESOURCE,
    },
    sorts={"granted_at": Consent.granted_at, "consent_type": Consent.consent_type},
    default="-granted_at",
)
"""The caller's consents, with those that they took back."""

OWN = select(_TABLE).where(Consent.user_id == SCOPE_USER, Consent.id == bindparam("id", type_=IdType()))
"""One of them."""

GRANTED = select(_TABLE).where(*_THIS, Consent.is_granted)
"""The granted consent of somebody to a thing."""

LAST = select(func.max(Consent.number)).where(*_THIS)
"""How often somebody has agreed to a thing."""

OF_RESOURCE = (
    select(_TABLE)
    .where(_RESOURCE, Consent.consent_type == bindparam("consent_type"), Consent.is_granted)
    .order_by(Consent.id)
)
"""All granted consents of a kind to a thing, whoever gave them."""

COUNTS = (
    select(Consent.consent_type, Consent.is_granted, func.count().label("count"))
    .where(Consent.user_id == SCOPE_USER)
    .group_by(Consent.consent_type, Consent.is_granted)
)

HELD = select(Consent.consent_type, Consent.resource_type, Consent.resource_id, Consent.policy_version).where(
    Consent.user_id == SCOPE_USER, Consent.is_granted
)
"""What the caller agrees to at present."""

OF_USER = select(_TABLE).where(_USER).order_by(Consent.granted_at, Consent.id)

_WHOSE = Consent.user_id == bindparam("owner", type_=IdType())

CLOSE = (
    update(Consent)
    .where(_WHOSE, Consent.is_granted)
    .values(is_granted=False, revoked_at=bindparam("now", type_=UtcDateTime()))
)
"""End all that somebody agreed to."""

FORGET = (
    update(Consent)
    .where(_WHOSE)
    .values(user_id=None, pseudonym=bindparam("whom", type_=IdType()), description=None, resource_id="")
)
"""Put a pseudonym in the place of a person; what a resource is called may tell of them, too."""

_OLD = select(Consent.id).where(Consent.revoked_at < bindparam("before", type_=UtcDateTime())).limit(1000)
CLEAR = delete(Consent).where(Consent.id.in_(_OLD.scalar_subquery()))
"""A thousand of those that ended before a time."""
