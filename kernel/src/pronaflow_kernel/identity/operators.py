"""What operators can do for people on the command line: a factor that is lost, an account that is to go."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import NotFound
from ..persistence.uow import Reader, Row, UnitOfWork
from .leaving.erasure import Erasure
from .parts import Parts

if TYPE_CHECKING:
    from ..kernel import Kernel


class Operators:
    """Does it; what is done stands in the ledger, and the owner gets a mail.

        with kernel.db.write(Scope.system(), origin="system") as uow:
            Operators(kernel).reset_factor(uow, "ann@example.com")

    Arguments:
        kernel: the assembled application.
    """

    def __init__(self, kernel: Kernel) -> None:
        self._parts = Parts(kernel)
        self._erasure = Erasure(self._parts)

    def find(self, reader: Reader, email: str) -> Row:
        """The account with a mail address.

        Raises:
            NotFound: there is none.
        """
        user = self._parts.accounts.owner(reader, email=email)
        if user is None:
            raise NotFound(f"There is no account with the address {email}")
        return user

    def reset_factor(self, uow: UnitOfWork, email: str) -> Row:
        """Remove the second factor of somebody who has lost it; all their sessions end.

        Raises:
            NotFound: there is no such account.
            Conflict: it has no factor.
        """
        user = self.find(uow, email)
        self._parts.factors.remove(uow, user["id"], None, "operator")
        return user

    def erase(self, uow: UnitOfWork, email: str) -> Row:
        """Forget a user.

        Returns:
            The account as it was.

        Raises:
            NotFound: there is no such account.
            KernelError: as `Erasure.erase`.
        """
        user = self.find(uow, email)
        self._erasure.erase(uow, user["id"], "operator")
        return user
