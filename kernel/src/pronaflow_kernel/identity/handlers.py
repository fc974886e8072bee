"""What the routes of identity do.

A route that hashes a password, or that must write although it refuses, is declared as a reading one and opens
its unit of work itself: a hash takes longer than anything else in a request and must hold no lock, and what
is written before a refusal must stay.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy.exc import IntegrityError

from ..errors import Conflict, Problem, Unauthorized, ValidationFailed
from ..persistence.scope import Scope
from ..persistence.uow import Reader, Row, UnitOfWork
from ..web.answers import Answer
from ..web.languages import asked_language
from . import one_time
from .accounts import PENDING, NewAccount, shown
from .admin import Admin
from .callers import session_of, user_of
from .guessing.failures import note_failure
from .leaving.erasure import Erasure
from .leaving.erasure_routes import ErasureHandlers
from .mfa.handlers import MfaHandlers
from .models import User
from .oidc.handlers import OutsideSignIn
from .parts import Parts
from .sessions import refresh_chain
from .sessions.access_tokens import AccessTokens
from .sessions.session_handlers import SessionHandlers
from .sessions.sessions import calling_device

if TYPE_CHECKING:
    from ..kernel import Kernel


class Handlers:
    """The handlers, one a route.

    Arguments:
        kernel: the assembled application.
        tokens: issues access tokens.
    """

    def __init__(self, kernel: Kernel, tokens: AccessTokens) -> None:
        self._parts = parts = Parts(kernel, tokens)
        self._db, self._hidden = kernel.db, parts.auth.hide_existing_accounts
        self._accounts, self._credentials, self._sessions = parts.accounts, parts.credentials, parts.sessions
        self.rule, self._hashes = parts.rule, parts.hashes
        self._admin = Admin(kernel)
        self.mfa = MfaHandlers(parts)
        self.own_sessions = SessionHandlers(kernel.db, parts.sessions, parts.proof)
        self.outside = OutsideSignIn(parts)
        self.erasure = ErasureHandlers(kernel.db, Erasure(parts), parts.proof)

    def register(self, reader: Reader, body: Row) -> Answer:
        """Create an account and its first workspace."""
        new = self._new_account(body)
        try:
            user = self._register(new)
        except IntegrityError:
            # Somebody took the address or the name at this very moment; now it is found like any other.
            user = self._register(new)
        return Answer(user, "Check your mail" if user["status"] == PENDING else "You can sign in")

    def verify_email(self, uow: UnitOfWork, body: Row) -> Answer:
        """Prove a mail address by the token from a mail."""
        self._accounts.verify_email(uow, body["user_id"], body["token"])
        return _say("The mail address is proved: you can sign in")

    def resend_verification(self, uow: UnitOfWork, body: Row) -> Answer:
        """Mail the proof of an address again; the answer does not tell whether there is an account."""
        email, user_id = body.get("email"), body.get("user_id")
        self._parts.after_answer.request_verification(uow, email, user_id, self._language())
        return _say("If an account waits for this proof, a mail is on its way")

    def login(self, reader: Reader, body: Row) -> Row:
        """Sign in with mail address or user name.

        After 5 failures within 10 minutes an account is locked for 15 minutes for the network that they came
        from: 429 with `details.reason` `account_locked` and `Retry-After`, for unknown accounts too. Send the
        `device_token` of the last sign-in to be told apart from others in your network.

        Where two-step sign-in is on, the answer has `mfa_required` and an `mfa_token` for
        `POST /api/v1/auth/mfa/verify`, and no tokens.
        """
        name = body["email"] if "email" in body else body["username"]
        return self._parts.sign_in.enter(
            reader, name, body["password"], calling_device(), body["device_token"]
        )

    def refresh(self, reader: Reader, body: Row) -> Row:
        """Replace a refresh token.

        Each one works once; showing a used one ends its session. For 10 seconds, and while its successor is
        unused, a second request gets the same successor: it was sent twice.
        """
        token = body["refresh_token"]
        tokens = None
        if refresh_chain.continues(reader, token):
            with self._db.write(Scope.nobody()) as uow:
                tokens = self._sessions.refresh(uow, token)
        if tokens is None:
            raise Unauthorized("The refresh token is not accepted: sign in again")
        return tokens

    def logout(self, uow: UnitOfWork) -> Answer:
        """End the session of the access token."""
        self._sessions.end(uow, *session_of(uow), "signed_out")
        return _say("Signed out")

    def me(self, reader: Reader) -> Row:
        """Show one's own account."""
        return shown(reader.get(User, user_of(reader)))

    def update_me(self, uow: UnitOfWork, body: Row) -> Row:
        """Change one's own profile; `null` clears."""
        return self._accounts.update_profile(uow, user_of(uow), body)

    def change_password(self, reader: Reader, body: Row) -> Answer:
        """Change one's own password; all other sessions end."""
        user = reader.get(User, session_of(reader)[0])
        if user["password_hash"] is None:
            words = "Your account has no password: set one by mail (POST /api/v1/auth/password-reset)"
            raise Conflict(words, details={"reason": "no_password"})
        problems = []
        if not self._parts.own_password.matches(user, body["current_password"], calling_device().ip):
            self._note_failure(user, "wrong_current_password")
            problems = [Problem("current_password", "This is not the present password.", "wrong")]
        faults = self.rule.faults(body["new_password"], user["username"], user["email"])
        problems += [Problem("new_password", fault) for fault in faults]
        if problems:
            raise ValidationFailed(problems)
        new_hash = self._hashes.make(body["new_password"])
        with self._db.write(reader.scope) as uow:
            self._credentials.change_password(uow, user, new_hash, uow.scope.principal.session_id)
        return _say("The password is changed, all other sessions have ended")

    def request_reset(self, uow: UnitOfWork, body: Row) -> Answer:
        """Mail a link that sets a new password; the answer does not tell whether there is an account."""
        self._parts.after_answer.request_reset(uow, body["email"])
        return _say("If there is such an account, a mail is on its way")

    def reset_password(self, reader: Reader, body: Row) -> Answer:
        """Set a new password by the token from a mail; all sessions and all locks of the account end."""
        one_time.check(reader, one_time.RESET_PASSWORD, body["token"], body["user_id"])
        user = reader.get(User, body["user_id"])
        self.rule.demand("new_password", body["new_password"], user["username"], user["email"])
        new_hash = self._hashes.make(body["new_password"])
        with self._db.write(Scope.nobody()) as uow:
            self._credentials.reset_password(uow, user["id"], body["token"], new_hash)
        return _say("The password is changed and failed sign-ins are forgotten: sign in with it")

    def setup(self, reader: Reader, body: Row) -> Row:
        """Create the first administrator by the one-time link."""
        one_time.check(reader, one_time.SETUP, body["token"])
        new = self._new_account(body)
        with self._db.write(Scope.nobody()) as uow:
            return shown(self._admin.use_setup_link(uow, body["token"], new))

    def _new_account(self, body: Row) -> NewAccount:
        password_hash = self._hashes.make(body["password"])
        return NewAccount(
            body["email"], body["username"], password_hash, body.get("full_name"), self._language()
        )

    def _language(self) -> str | None:
        """The language of mails to whoever has no account to choose one in."""
        return asked_language(self._parts.kernel.texts.languages())

    def _register(self, new: NewAccount) -> Row:
        with self._db.write(Scope.nobody()) as uow:
            if self._hidden:
                return self._parts.after_answer.register(uow, new)
            return shown(self._accounts.open(uow, new))

    def _note_failure(self, user: Row | None, reason: str) -> None:
        """In a unit of work of its own: the request is refused, but this stays."""
        with self._db.write(Scope.nobody()) as uow:
            note_failure(uow, user, reason, calling_device())


def _say(message: str) -> Answer:
    """One sentence, under `data` where modules 1 to 6 have it and beside it where the envelope has it."""
    return Answer({"message": message}, message)
