"""What somebody without a credential asks for and must not learn from: it is done after the answer.

That is mails, also those about failed sign-ins, and where accounts are hidden the registration itself. So the
answer looks the same and takes as long whether or not there is such an account (security.md 2.10): it comes
when the wish is stored, as a job whose arguments are sealed.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.exc import IntegrityError

from ..errors import Conflict
from ..jobs.sealed import SealedJobs
from ..jobs.types import Retry
from ..persistence.scope import Scope
from ..persistence.uow import Row, UnitOfWork
from ..settings.schema import AuthSettings
from . import one_time
from .accounts import ACTIVE, PENDING, Accounts, NewAccount
from .events import REGISTRATION_REFUSED
from .guessing.attempts import Attempts, Limit
from .letters import Letters
from .names import normal
from .work import BARRED, REGISTER, RESET, VERIFICATION

TOLD = Limit("registration.told", most=5, within=timedelta(hours=1))
"""How many mails an address gets about registrations that were refused: anybody can name any address."""


class AfterAnswer:
    """Takes wishes, and fulfils them later.

    Arguments:
        auth: the life of links and locks.
        accounts, letters: as they are called.
        attempts: count mails that strangers cause.
        sealed: stores the wishes.
    """

    def __init__(
        self, auth: AuthSettings, accounts: Accounts, letters: Letters, attempts: Attempts, sealed: SealedJobs
    ) -> None:
        self._auth = auth
        self._accounts = accounts
        self._letters = letters
        self._attempts = attempts
        self._sealed = sealed

    def register(self, uow: UnitOfWork, new: NewAccount) -> Row:
        """Have an account made, or its owner told why there will be none; answers only what was sent."""
        self._sealed.enqueue(uow, REGISTER, asdict(new))
        return _echo(new, uow.now)

    def request_verification(
        self, uow: UnitOfWork, email: str | None, user_id: str | None, language: str | None
    ) -> None:
        """Have the owner mailed a new link, if there is an account whose address is unproved.

        Arguments:
            language: that was asked for, if any.
        """
        self._sealed.enqueue(uow, VERIFICATION, {"email": email, "user_id": user_id, "language": language})

    def request_reset(self, uow: UnitOfWork, email: str) -> None:
        """Have the owner mailed a link that sets a new password, if there is an account."""
        self._sealed.enqueue(uow, RESET, {"email": email})

    def request_warning(self, uow: UnitOfWork, user: Row | None, bars: bool, ip: str | None) -> None:
        """Have the owner told that sign-ins are barred, if there is an account.

        Arguments:
            user: the account that was named, if there is one.
            bars: whether the account is closed to unknown devices; else it is locked for one source.
            ip: where the last attempt came from.
        """
        self._sealed.enqueue(uow, BARRED, {"user_id": user and user["id"], "bars": bars, "ip": ip})

    def open_or_tell(self, uow: UnitOfWork, content: dict[str, Any]) -> None:
        """The job behind `register`."""
        new = NewAccount(**content)
        uow.enter(Scope.nobody())
        try:
            found = self._accounts.named(uow, new.email, new.username)
            if found:
                self._tell_by_mail(uow, new, found)
            else:
                self._accounts.open(uow, new)
        except (Conflict, IntegrityError) as error:
            # Somebody took the address or the name at this very moment; now it is found like any other.
            raise Retry("address or user name were taken at this moment", after=0.0) from error

    def mail_verification(self, uow: UnitOfWork, content: dict[str, Any]) -> None:
        """The job behind `request_verification`."""
        user = self._accounts.owner(uow, email=content["email"], user_id=content["user_id"])
        if user and user["email_verified_at"] is None and user["status"] in (PENDING, ACTIVE):
            self._accounts.ask_for_proof(uow, user, content["language"])

    def mail_reset(self, uow: UnitOfWork, content: dict[str, Any]) -> None:
        """The job behind `request_reset`."""
        user = self._accounts.owner(uow, email=content["email"])
        if user and user["status"] in (PENDING, ACTIVE):
            seconds = self._auth.reset_ttl
            token = one_time.issue_beside(uow, one_time.RESET_PASSWORD, seconds, user["id"])
            if token is not None:
                self._letters.reset(uow, user, token, seconds)

    def mail_warning(self, uow: UnitOfWork, content: dict[str, Any]) -> None:
        """The job behind `request_warning`."""
        user = self._accounts.owner(uow, user_id=content["user_id"])
        if user is None or user["status"] != ACTIVE:
            return
        if content["bars"]:
            self._letters.sign_in_barred(uow, user)
        else:
            self._letters.sign_in_locked(uow, user, content["ip"], self._auth.lockout_seconds)

    def _tell_by_mail(self, uow: UnitOfWork, new: NewAccount, found: list[Row]) -> None:
        owner = next((user for user in found if user["email_norm"] == normal(new.email)), None)
        user, reason = (owner, "email_taken") if owner else (found[0], "username_taken")
        uow.publish(REGISTRATION_REFUSED, user["id"], {"user_id": user["id"], "reason": reason})
        if self._attempts.reserve(uow, TOLD, normal(new.email)):
            return
        if owner:
            self._letters.registered_before(uow, owner)
        else:
            self._letters.username_taken(uow, new.email, new.username, new.language)


def _echo(new: NewAccount, now: datetime) -> Row:
    """The answer to a registration that tells nothing of accounts: what was sent."""
    return {
        "id": None,
        "email": new.email,
        "username": new.username,
        "full_name": new.full_name,
        "status": PENDING,
        "email_verified_at": None,
        "roles": [],
        "created_at": now,
    }
