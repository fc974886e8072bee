"""The channel `email`: a mail in the transaction that ends its dispatches, so that it is posted once."""

from __future__ import annotations

from collections.abc import Collection

from pronaflow_kernel.api import Context, Reader, UnitOfWork

from . import queries
from .channels import Channel, Parcel, Verdict
from .habits import EMAIL
from .mails import Mails
from .unsubscribing import Unsubscribing


class Unreachable(Exception):
    """Nobody reads what goes there."""


class EmailChannel:
    """Sends parcels by mail.

    Arguments:
        ctx: of the plugin.
        unsubscribing: makes the links that end mails.
    """

    def __init__(self, ctx: Context, unsubscribing: Unsubscribing) -> None:
        self._ctx, self._unsubscribing, self._mails = ctx, unsubscribing, Mails(ctx)

    def channel(self) -> Channel:
        """What `Channels` takes."""
        return Channel(EMAIL, self.send, self.reaches, self.classify_error, transactional=True)

    def reaches(self, _reader: Reader, user_ids: Collection[str]) -> Collection[str]:
        """Everybody has an address; whether it works is asked when something is sent."""
        return user_ids

    def send(self, uow: UnitOfWork, parcel: Parcel) -> None:
        """Post a mail.

        Raises:
            Unreachable: the account is not active, or its address has refused mails for good.
            ValueError: an address or a title that no mail can have.
        """
        user = uow.one(queries.PEOPLE, users=[parcel["user_id"]])
        if user is None or user["status"] != "active":
            raise Unreachable("the account is not active")
        if self._ctx.mail.is_refused(uow, user["email"]):
            raise Unreachable("the mail address has refused mails for good")
        mail = self._mails.write(
            parcel,
            to=user["email"],
            name=user["full_name"] or user["username"],
            token=self._unsubscribing.token(parcel),
        )
        self._ctx.mail.send(uow, mail)

    @staticmethod
    def classify_error(error: Exception) -> Verdict:
        """What cannot be made a mail of can never be; the rest is the database's, and is tried again."""
        return "never" if isinstance(error, (Unreachable, ValueError)) else "later"
