"""Accounts of people who do not sign in: those of demonstrations and imports."""

from __future__ import annotations

from ..attribution import as_kernel
from ..persistence.uow import Row, UnitOfWork
from .models import User
from .names import normal


@as_kernel
def add_person(uow: UnitOfWork, username: str, email: str, full_name: str) -> Row:
    """Make an account without a password; the caller has looked that name and address are free."""
    values = {
        "email": email,
        "email_norm": normal(email),
        "username": username,
        "username_norm": normal(username),
        "full_name": full_name,
        "status": "active",
        "email_verified_at": uow.now,
    }
    return uow.insert(User, values)


@as_kernel
def remove_person(uow: UnitOfWork, user: Row) -> None:
    """Delete an account that `add_person` made and that nothing refers to any more.

    Raises:
        StaleRow: it changed meanwhile.
    """
    uow.remove(User, user)
