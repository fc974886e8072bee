"""The first administrator: made on the command line, through the one-time link, or from the settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from ..errors import Conflict
from ..persistence.uow import Reader, Row, UnitOfWork
from ..settings.checks import mailbox
from ..web.arguments import load
from . import one_time
from .accounts import ACTIVE, NewAccount
from .models import User
from .names import username_from
from .parts import Parts
from .schemas import AccountIn

if TYPE_CHECKING:
    from ..kernel import Kernel

SETUP_LIFE = 24 * 3600
"""Seconds for which the one-time link works."""

_ANYBODY = select(User.id).limit(1)
_ADMIN = select(User.id).where(User.is_system_admin, User.status == ACTIVE).limit(1)


class Admin:
    """Makes administrators of the installation.

        with kernel.db.write(Scope.system()) as uow:
            url = Admin(kernel).issue_setup_link(uow)

    Arguments:
        kernel: the assembled application.
    """

    def __init__(self, kernel: Kernel) -> None:
        self._bootstrap = kernel.settings.bootstrap
        self._parts = Parts(kernel)

    def create_admin(self, uow: UnitOfWork, email: str, username: str, password: str) -> Row:
        """Make an administrator, whether or not there is one; the address counts as proved.

        Raises:
            ValidationFailed: with everything that is wrong with the three.
            Conflict: address or user name are taken.
        """
        given = load(
            AccountIn(self._parts.rule), {"email": email, "username": username, "password": password}
        )
        password_hash = self._parts.hashes.make(given["password"])
        return self._create(uow, NewAccount(given["email"], given["username"], password_hash))

    def issue_setup_link(self, uow: UnitOfWork) -> str | None:
        """The link that makes the first administrator, for 24 hours; an unused former one stops working.

        Returns:
            The address, or None where an administrator exists.
        """
        if self._exists(uow):
            return None
        return f"{self._parts.public_url}/setup#token={one_time.issue(uow, one_time.SETUP, SETUP_LIFE)}"

    def use_setup_link(self, uow: UnitOfWork, token: str, new: NewAccount) -> Row:
        """Make the first administrator.

        Raises:
            InvalidRequest: the token does not work (any more).
            Conflict: an administrator exists, or address or user name are taken.
        """
        one_time.use(uow, one_time.SETUP, token)
        if self._exists(uow):
            raise Conflict("An administrator exists already")
        return self._create(uow, new)

    def bootstrap(self, uow: UnitOfWork) -> Row | None:
        """Make the administrator that the settings name, if the installation has no user yet.

        Raises:
            ValidationFailed: the settings name an address or password that will not do.
        """
        address, password = self._bootstrap.admin_email, self._bootstrap.admin_password
        if address is None or password is None or uow.one(_ANYBODY) is not None:
            return None
        email = mailbox(address).addr_spec
        return self.create_admin(uow, email, username_from(email), password)

    def _create(self, uow: UnitOfWork, new: NewAccount) -> Row:
        values = {"status": ACTIVE, "is_system_admin": True, "email_verified_at": uow.now}
        return self._parts.accounts.create(uow, new, **values)

    def _exists(self, reader: Reader) -> bool:
        return reader.one(_ADMIN) is not None
