"""Asking the owner of an account before a grave step: the password, and the factor where there is one.

The documented bodies of these requests hold the password alone (modules.md 1.1), while security.md 2.6
demands password and factor. Both hold: the factor counts as shown where this session was begun with it, or
has shown it by a step-up, within the last ten minutes; otherwise the body brings a code, or the answer asks
for one (ADR 023).
"""

from __future__ import annotations

from ..access.freshness import demand_fresh
from ..errors import Forbidden, invalid
from ..persistence.database import Database
from ..persistence.scope import Scope
from ..persistence.uow import Reader, Row
from .callers import session_of
from .guessing.failures import note_failure
from .mfa.factors import Factors
from .mfa.recovery import RecoveryCodes, Shown
from .mfa.second_step import locked
from .models import Session, User
from .passwords.own_password import OwnPassword
from .sessions.sessions import Device

CODES = ("totp_code", "otp_code", "backup_code")
"""Names under which a factor is shown."""

RECENT = 600
"""Seconds for which a sign-in or a step-up counts (security.md 2.6)."""


class OwnerProof:
    """Lets only the owner through; wrong passwords and codes are counted.

    Arguments:
        db: counts in units of work of its own.
        own_password, factors, recovery: as they are called.
    """

    def __init__(
        self, db: Database, own_password: OwnPassword, factors: Factors, recovery: RecoveryCodes
    ) -> None:
        self._db = db
        self._own_password = own_password
        self._factors = factors
        self._recovery = recovery

    def demand(self, reader: Reader, body: Row, device: Device) -> Row:
        """The caller's account, once it is sure that they are its owner; outside of a unit of work.

        Arguments:
            body: `password`, and `totp_code`, `otp_code` or `backup_code` where needed.
            device: which asks.

        Raises:
            Forbidden: the credential is no session; or more is needed, with `details.reason`
                `step_up_required`.
            ValidationFailed: password or code are wrong.
            RateLimited: too many were.
        """
        user = reader.get(User, session_of(reader)[0])
        shown = self._recovery.shown(reader, user["id"], body) if user["mfa_enabled"] else None
        if user["mfa_enabled"] and shown is None:
            _demand_factor_shown(reader)
        self._compare_password(reader, user, body.get("password"), device)
        if shown is not None:
            field = next(name for name in CODES if name in body)
            self._compare_factor(user, shown, field, device)
        return user

    def _compare_password(self, reader: Reader, user: Row, password: str | None, device: Device) -> None:
        """Refuse a wrong password; who has none, because they sign in elsewhere, must have done so lately."""
        if user["password_hash"] is None:
            demand_fresh(reader.scope.principal, RECENT, reader.clock.now())
        elif password is None:
            raise invalid("password", "Missing data for required field.", "required")
        elif not self._own_password.matches(user, password, device.ip):
            self._note(user, "wrong_current_password", device)
            raise invalid("password", "This is not the present password.", "wrong")

    def _compare_factor(self, user: Row, shown: Shown, field: str, device: Device) -> None:
        with self._db.write(Scope.nobody()) as uow:
            verdict = self._factors.prove(uow, user, shown)
        if not verdict.right:
            self._note(user, "wrong_code", device)
            if verdict.wait:
                raise locked(verdict.wait)
            # Not 401, which would make clients believe that the session is over.
            raise invalid(field, "The code is not accepted: wait for the next one of your app.", "wrong")

    def _note(self, user: Row, reason: str, device: Device) -> None:
        with self._db.write(Scope.nobody()) as uow:
            note_failure(uow, user, reason, device)


def _demand_factor_shown(reader: Reader) -> None:
    """Refuse a session that has not shown the factor lately."""
    session = reader.get(Session, session_of(reader)[1])
    age = (reader.clock.now() - session["auth_time"]).total_seconds()
    if "otp" not in session["amr"] or age > RECENT:
        words = "Send a code of your authenticator app as `totp_code`, or a recovery code as `backup_code`"
        raise Forbidden(words, details={"reason": "step_up_required", "max_age": RECENT})
