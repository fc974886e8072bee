"""What the routes of identity do.

A route that hashes a password, or that must write although it refuses, is declared as a reading one and opens
its unit of work itself: a hash takes longer than anything else in a request and must hold no lock, and what
is written before a refusal must stay.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import IntegrityError

from ..errors import Conflict, Forbidden, Problem, Unauthorized, ValidationFailed
from ..persistence.scope import Scope
from ..persistence.uow import Reader, Row, UnitOfWork
from ..web.answers import Answer
from . import one_time
from .accounts import PENDING, Accounts, NewAccount, shown
from .admin import Admin
from .guessing.attempts import Attempts
from .guessing.devices import DeviceTokens
from .guessing.lockout import Lockout
from .leaving.erasure import Erasure
from .leaving.erasure_routes import ErasureHandlers
from .letters import Letters
from .mfa.parts import Mfa
from .models import User
from .oidc.handlers import OutsideSignIn
from .passwords.credentials import Credentials
from .passwords.own_password import OwnPassword
from .passwords.password_hashes import PasswordHashes
from .passwords.password_rule import PasswordRule
from .passwords.sign_in import SignIn
from .sessions import refresh_chain
from .sessions.access_tokens import AccessTokens
from .sessions.session_handlers import SessionHandlers
from .sessions.sessions import Sessions, calling_device

if TYPE_CHECKING:
    from ..kernel import Kernel


class Handlers:
    """The handlers, one a route.

    Arguments:
        kernel: the assembled application.
        tokens: issues access tokens.
    """

    def __init__(self, kernel: Kernel, tokens: AccessTokens) -> None:
        auth = kernel.settings.auth
        letters = Letters(kernel.mail, kernel.settings.public_url.rstrip("/"))
        self._db = kernel.db
        self.rule = PasswordRule(auth.password_profile)
        self._hashes = PasswordHashes(auth)
        self._sessions = Sessions(auth, tokens, letters, kernel.db)
        attempts = Attempts(kernel.keys)
        self._accounts = Accounts(auth, letters, kernel.db, attempts)
        lockout = Lockout(attempts, letters, auth.lockout_seconds)
        devices = DeviceTokens(kernel.keys, kernel.clock)
        self.own_password = OwnPassword(kernel.db, self._hashes, attempts)
        self.mfa = Mfa(kernel, self._hashes, self._sessions, attempts, self.own_password, devices)
        self.own_sessions = SessionHandlers(kernel.db, self._sessions, self.mfa.proof)
        self._credentials = Credentials(
            auth, self._accounts, self._sessions, letters, kernel.db, lockout, self.mfa.second_step
        )
        self._sign_in = SignIn(kernel.db, self._hashes, self._accounts, self._credentials, lockout, devices)
        self.outside = OutsideSignIn(kernel, self._accounts, self._credentials)
        self.erasure = ErasureHandlers(kernel.db, Erasure(kernel), self.mfa.proof)
        self._admin = Admin(kernel)

    def register(self, reader: Reader, body: Row) -> Answer:
        """Create an account and its first workspace."""
        new = self._new_account(body)
        try:
            with self._db.write(Scope.nobody()) as uow:
                user = self._accounts.register(uow, new)
        except IntegrityError:
            # Somebody took the address or the name at this very moment; now it is found like any other.
            with self._db.write(Scope.nobody()) as uow:
                user = self._accounts.register(uow, new)
        return Answer(user, "Check your mail" if user["status"] == PENDING else "You can sign in")

    def verify_email(self, uow: UnitOfWork, body: Row) -> Answer:
        """Prove a mail address by the token from a mail."""
        self._accounts.verify_email(uow, body["user_id"], body["token"])
        return _say("The mail address is proved: you can sign in")

    def resend_verification(self, uow: UnitOfWork, body: Row) -> Answer:
        """Mail the proof of an address again; the answer does not tell whether there is an account."""
        self._accounts.request_verification(uow, body.get("email"), body.get("user_id"))
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
        return self._sign_in.enter(reader, name, body["password"], calling_device(), body["device_token"])

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
        principal = uow.scope.principal
        if principal.user_id is None or principal.session_id is None:
            raise Forbidden("This credential is not a session")
        self._sessions.end(uow, principal.user_id, principal.session_id, "signed_out")
        return _say("Signed out")

    def me(self, reader: Reader) -> Row:
        """Show one's own account."""
        return shown(reader.get(User, _caller(reader)))

    def update_me(self, uow: UnitOfWork, body: Row) -> Row:
        """Change one's own profile; `null` clears."""
        return self._accounts.update_profile(uow, _caller(uow), body)

    def change_password(self, reader: Reader, body: Row) -> Answer:
        """Change one's own password; all other sessions end."""
        user = reader.get(User, _caller(reader))
        if user["password_hash"] is None:
            words = "Your account has no password: set one by mail (POST /api/v1/auth/password-reset)"
            raise Conflict(words, details={"reason": "no_password"})
        problems = []
        if not self.own_password.matches(user, body["current_password"], calling_device().ip):
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
        self._credentials.request_reset(uow, body["email"])
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
        return NewAccount(body["email"], body["username"], password_hash, body.get("full_name"))

    def _note_failure(self, user: Row | None, reason: str) -> None:
        """In a unit of work of its own: the request is refused, but this stays."""
        with self._db.write(Scope.nobody()) as uow:
            self._credentials.note_failure(uow, user, reason, calling_device())


def _say(message: str) -> Answer:
    """One sentence, under `data` where modules 1 to 6 have it and beside it where the envelope has it."""
    return Answer({"message": message}, message)


def _caller(reader: Reader) -> str:
    user_id: Any = reader.scope.principal.user_id
    if user_id is None:
        raise Forbidden("This credential belongs to no user")
    return str(user_id)
