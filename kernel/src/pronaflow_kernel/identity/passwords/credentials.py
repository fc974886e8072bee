"""Passwords at work: signing in with one, changing it, setting a forgotten one anew.

A hash takes longer than the rest of a request, so that callers compute it before they open a unit of work.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import bindparam, update

from ...errors import Forbidden, KernelError, Unauthorized
from ...persistence.types import Id
from ...persistence.uow import Row, UnitOfWork
from ...settings.schema import AuthSettings
from .. import one_time
from ..accounts import ACTIVE, PENDING, Accounts, shown
from ..events import PASSWORD_CHANGED
from ..guessing.lockout import Lockout
from ..letters import Letters
from ..mfa.second_step import SecondStep
from ..models import Session, User
from ..oidc.people import unlink_all
from ..sessions.sessions import Device, Sessions

_KEEP = (
    update(Session)
    .where(Session.id == bindparam("session", type_=Id()))
    .values(token_epoch=bindparam("epoch"))
)


class Credentials:
    """What follows from a password that was right, wrong or replaced.

    Arguments:
        auth: who may sign in, and the life of links.
        accounts, sessions, letters, lockout, second_step: as they are called.
    """

    def __init__(
        self,
        auth: AuthSettings,
        accounts: Accounts,
        sessions: Sessions,
        letters: Letters,
        lockout: Lockout,
        second_step: SecondStep,
    ) -> None:
        self._auth = auth
        self._accounts = accounts
        self._sessions = sessions
        self._letters = letters
        self._lockout = lockout
        self._second_step = second_step

    def objection(self, user: Row | None, matches: bool) -> str | None:
        """Why somebody may not sign in, as a word for the ledger; None for who may.

        Arguments:
            user: the account that was named, if there is one.
            matches: whether the password is right.
        """
        if user is None:
            return "unknown_account"
        if not matches:
            return "wrong_password"
        if user["status"] == PENDING:
            return "email_not_verified" if self._accounts.must_prove_address else None
        return None if user["status"] == ACTIVE else f"account_{user['status']}"

    def refusal(self, reason: str) -> KernelError:
        """What somebody is told who may not sign in.

        Unknown names and wrong passwords look alike; where accounts are hidden, so do unproved addresses:
        else whoever has just registered an address could tell by signing in whether it was free.
        """
        if reason in ("unknown_account", "wrong_password"):
            return Unauthorized(self._wrong())
        if reason != "email_not_verified":
            return Forbidden("This account is closed", details={"reason": reason})
        if self._auth.hide_existing_accounts:
            return Unauthorized(self._wrong())
        return Forbidden("Prove your mail address first", details={"reason": reason})

    def admit(
        self, uow: UnitOfWork, user: Row, device: Device, new_hash: str | None, amr: Sequence[str] = ("pwd",)
    ) -> Row:
        """Start a session, or ask for the second factor of who has one.

        Arguments:
            user: as it was when the password was checked.
            new_hash: of the same password, where the stored one is outdated.
            amr: how they proved who they are; who has shown a factor (`mfa`) is not asked for another.

        Returns:
            The tokens and the `user`, or none of them and the `mfa_token`.
        """
        if new_hash is not None or user["status"] == PENDING:
            user = self._brought_up_to_date(uow, user, new_hash)
        if user["mfa_enabled"] and "mfa" not in amr:
            return self._second_step.begin(uow, user, device, amr)
        tokens = self._sessions.start(uow, user, device, amr)
        return {**tokens, "user": shown(user), "mfa_required": False, "mfa_token": None}

    def change_password(self, uow: UnitOfWork, user: Row, new_hash: str, session_id: str | None) -> None:
        """Replace a password that its owner knows.

        Arguments:
            user: as it was when the present password was checked.
            session_id: the session that goes on.

        Raises:
            Unauthorized: another password was set meanwhile, which ended this session.
        """
        current = uow.get(User, user["id"], lock=True)
        if current["token_epoch"] != user["token_epoch"]:
            raise Unauthorized("The session has ended: sign in again")
        one_time.forget(uow, one_time.RESET_PASSWORD, user["id"])
        epoch = self._set_password(uow, current, new_hash, session_id)
        if session_id is not None:
            uow.execute(_KEEP, session=session_id, epoch=epoch)

    def reset_password(self, uow: UnitOfWork, user_id: str, token: str, new_hash: str) -> None:
        """Set a new password by a token from a mail, which also proves the address and lifts all locks.

        Until then the account may have been somebody else's, who opened it with an address that is not theirs
        and linked an identity to come back with.

        Raises:
            InvalidRequest: the token does not work (any more).
        """
        user = uow.get(User, user_id, lock=True)  # of two who use two links at once one waits for the other
        one_time.use(uow, one_time.RESET_PASSWORD, token, user_id)
        proved_before = user["email_verified_at"] is not None
        user = self._accounts.prove_address(uow, user)
        if not proved_before:
            unlink_all(uow, user_id)
        self._set_password(uow, user, new_hash, None)
        self._lockout.lift(uow, user)

    def _set_password(self, uow: UnitOfWork, user: Row, new_hash: str, kept: str | None) -> int:
        """Store a new password and end what was begun with the old one; answers the new epoch."""
        epoch: int = user["token_epoch"] + 1
        changes = {"password_hash": new_hash, "password_changed_at": uow.now, "token_epoch": epoch}
        uow.update(User, user, changes)
        uow.publish(PASSWORD_CHANGED, user["id"], {"user_id": user["id"]})
        self._sessions.end_others(uow, user["id"], kept, "password_changed")
        self._letters.password_changed(uow, user)
        return epoch

    def _brought_up_to_date(self, uow: UnitOfWork, user: Row, new_hash: str | None) -> Row:
        current = uow.get(User, user["id"], lock=True)
        changes = {"status": ACTIVE} if current["status"] == PENDING else {}
        if new_hash is not None and current["password_hash"] == user["password_hash"]:
            changes["password_hash"] = new_hash
        # The epoch stays the one that was seen with the password, so that a session begun with an old
        # password does not outlive the change.
        return {**uow.update(User, current, changes).row, "token_epoch": user["token_epoch"]}

    def _wrong(self) -> str:
        if self._auth.hide_existing_accounts:
            return "Wrong name or password, or the mail address is not proved yet"
        return "Wrong name or password"
