"""The second factor of users: begun, confirmed, shown and removed (security.md 2.6).

Wrong codes are counted apart from wrong passwords, since only who knows the password is asked for one. Ten
within an hour lock the factor for an hour; recovery codes, which nobody guesses, still open the account then,
so that whoever has found out a password cannot keep the owner out.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import BigInteger, bindparam, delete, func, select, update

from ...errors import Conflict, invalid
from ...ids import new_id
from ...persistence.base import secret_place
from ...persistence.types import Id, UtcDateTime
from ...persistence.uow import Reader, Row, UnitOfWork
from ...secrets import Keys
from ..guessing.attempts import Attempts, Limit
from ..models import Session, User
from ..sessions.sessions import Sessions
from . import totp
from .events import MFA_DISABLED, MFA_ENABLED, MFA_LOCKED, RECOVERY_CODE_USED, RECOVERY_CODES_REPLACED
from .letters import FactorLetters
from .models import Challenge, Factor, RecoveryCode
from .recovery import Shown

SHOWN = ("otp", "mfa")
"""What a session's `amr` says of somebody who has shown the factor (RFC 8176)."""

WRONG_CODES = Limit("mfa.code", most=10, within=timedelta(hours=1))
"""Wrong codes that lock the factor."""
LOCK = Limit("mfa.lock", most=1, within=timedelta(hours=1))
"""How long it stays locked."""

_OWNER = bindparam("owner", type_=Id())
_MOMENT = bindparam("moment", type_=UtcDateTime())
_STEP = bindparam("step", type_=BigInteger())
_FACTOR = select(Factor.__table__).where(Factor.user_id == _OWNER, Factor.kind == "totp")
_USE = (
    update(Factor)
    .where(
        Factor.id == bindparam("factor", type_=Id()),
        Factor.last_used_step.is_(None) | (Factor.last_used_step < _STEP),
    )
    .values(last_used_step=_STEP)
)
_USE_RECOVERY = (
    update(RecoveryCode)
    .where(
        RecoveryCode.id == bindparam("code", type_=Id()),
        RecoveryCode.user_id == _OWNER,
        RecoveryCode.used_at.is_(None),
    )
    .values(used_at=_MOMENT)
)
_LEFT = (
    select(func.count())
    .select_from(RecoveryCode)
    .where(RecoveryCode.user_id == _OWNER, RecoveryCode.used_at.is_(None))
)
_FORGET_FACTORS = delete(Factor).where(Factor.user_id == _OWNER)
_FORGET_CODES = delete(RecoveryCode).where(RecoveryCode.user_id == _OWNER)
_FORGET_CHALLENGES = delete(Challenge).where(Challenge.user_id == _OWNER)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether what was shown is accepted.

    Arguments:
        right: it is, and has been used up.
        wait: seconds until another code can be accepted; 0 where the factor is not locked.
    """

    right: bool
    wait: int = 0


class Factors:
    """Keeps factors.

    Arguments:
        keys: encrypt what apps know.
        attempts: counts wrong codes.
        sessions: end where a factor comes or goes.
        letters: tell owners.
    """

    def __init__(self, keys: Keys, attempts: Attempts, sessions: Sessions, letters: FactorLetters) -> None:
        self._keys = keys
        self._attempts = attempts
        self._sessions = sessions
        self._letters = letters

    def begin(self, uow: UnitOfWork, user_id: str, secret: str, code_hashes: list[str]) -> None:
        """Keep a factor that is asked for once it is confirmed, in place of one that never was.

        Arguments:
            secret: what the app knows, in base32.
            code_hashes: of the recovery codes.

        Raises:
            Conflict: the user has a confirmed one.
        """
        user = uow.get(User, user_id, lock=True)
        if user["mfa_enabled"]:
            raise enabled_already()
        uow.execute(_FORGET_FACTORS, owner=user_id)
        factor_id = new_id()
        hidden = self._keys.encrypt(secret, bound_to=secret_place(Factor, "secret", factor_id))
        uow.insert(Factor, {"id": factor_id, "user_id": user_id, "secret": hidden})
        self._store_codes(uow, user_id, code_hashes)

    def confirm(self, uow: UnitOfWork, user_id: str, code: str, session_id: str) -> None:
        """Ask for the factor from now on; all sessions but one end.

        Arguments:
            code: the first one of the app, which proves that it was set up.
            session_id: the one that goes on; it has shown the factor by this.

        Raises:
            Conflict: none was begun, or it is confirmed already.
            ValidationFailed: the code is wrong.
        """
        user = uow.get(User, user_id, lock=True)
        factor = uow.one(_FACTOR, owner=user_id)
        if user["mfa_enabled"]:
            raise enabled_already()
        if factor is None:
            raise Conflict("Begin with POST /api/v1/auth/mfa/enable", details={"reason": "not_begun"})
        step = totp.step_of(self._secret(factor), code, uow.now)
        if step is None:
            raise invalid("totp_code", "The code is wrong: compare the clock of your device", "wrong")
        uow.update(Factor, factor, {"confirmed_at": uow.now, "last_used_step": step})
        self._switch(uow, user, True, session_id)
        session = uow.get(Session, session_id)
        uow.update(Session, session, {"amr": list(dict.fromkeys([*session["amr"], *SHOWN]))})
        uow.publish(MFA_ENABLED, user_id, {"user_id": user_id})
        self._letters.enabled(uow, user)

    def remove(self, uow: UnitOfWork, user_id: str, session_id: str | None, by: str) -> None:
        """Forget a factor and its recovery codes; all sessions but one end.

        Arguments:
            session_id: the one that goes on, if any.
            by: `owner` or `operator`.

        Raises:
            Conflict: there is none.
        """
        user = uow.get(User, user_id, lock=True)
        if not user["mfa_enabled"]:
            raise not_enabled()
        for forget in (_FORGET_FACTORS, _FORGET_CODES, _FORGET_CHALLENGES):
            uow.execute(forget, owner=user_id)
        self.lift(uow, user_id)
        self._switch(uow, user, False, session_id)
        uow.publish(MFA_DISABLED, user_id, {"user_id": user_id, "by": by})
        self._letters.disabled(uow, user, by)

    def replace_codes(self, uow: UnitOfWork, user_id: str, code_hashes: list[str]) -> None:
        """Keep other recovery codes; the old ones are void.

        Raises:
            Conflict: there is no factor that they could stand in for.
        """
        user = uow.get(User, user_id, lock=True)
        if not user["mfa_enabled"]:
            raise not_enabled()
        self._store_codes(uow, user_id, code_hashes)
        payload = {"user_id": user_id, "remaining": len(code_hashes)}
        uow.publish(RECOVERY_CODES_REPLACED, user_id, payload)
        self._letters.recovery_codes_replaced(uow, user)

    def remaining(self, reader: Reader, user_id: str) -> int:
        """How many recovery codes are unused."""
        return int(reader.value(_LEFT, owner=user_id))

    def hold(self, uow: UnitOfWork, user_id: str) -> None:
        """Let whoever else shows a code for this user wait until the commit; before any row is locked."""
        self._attempts.hold(uow, WRONG_CODES.kind, user_id)

    def lift(self, uow: UnitOfWork, user_id: str) -> None:
        """Forget all wrong codes of a user, and the lock that they led to."""
        for kind in (WRONG_CODES.kind, LOCK.kind):
            self._attempts.clear(uow, kind, user_id)

    def prove(self, uow: UnitOfWork, user: Row, shown: Shown) -> Verdict:
        """Take what somebody shows as the factor of a user; it works once, also of many at the same moment.

        A wrong one is counted, so that the caller must commit whatever the verdict is. A code that was right
        and has been used is refused and not counted: it is no guess.

        Arguments:
            user: who has a confirmed factor.
        """
        self.hold(uow, user["id"])
        if shown.code is None:
            if shown.recovery_id is None or not self._use_recovery(uow, user, shown.recovery_id):
                return self._failed(uow, user)
        else:
            if wait := self._attempts.wait(uow, LOCK, user["id"]):
                return Verdict(False, wait)
            factor = uow.one(_FACTOR, owner=user["id"])
            step = None if factor is None else totp.step_of(self._secret(factor), shown.code, uow.now)
            if factor is None or step is None:
                return self._failed(uow, user)
            if uow.execute(_USE, factor=factor["id"], step=step) != 1:
                return Verdict(False)
        self._attempts.clear(uow, WRONG_CODES.kind, user["id"])
        return Verdict(True)

    def _use_recovery(self, uow: UnitOfWork, user: Row, code_id: str) -> bool:
        if uow.execute(_USE_RECOVERY, code=code_id, owner=user["id"], moment=uow.now) != 1:
            return False
        remaining = self.remaining(uow, user["id"])
        payload = {"user_id": user["id"], "remaining": remaining}
        uow.publish(RECOVERY_CODE_USED, user["id"], payload)
        self._letters.recovery_code_used(uow, user, remaining)
        return True

    def _failed(self, uow: UnitOfWork, user: Row) -> Verdict:
        """Count a wrong code; the last one that is borne locks the factor and ends all challenges."""
        owner: str = user["id"]
        self._attempts.note(uow, WRONG_CODES.kind, owner, keep=WRONG_CODES.within)
        if self._attempts.failures(uow, WRONG_CODES, owner) < WRONG_CODES.most:
            return Verdict(False)
        self._attempts.clear(uow, WRONG_CODES.kind, owner)
        self._attempts.note(uow, LOCK.kind, owner, keep=LOCK.within)
        uow.execute(_FORGET_CHALLENGES, owner=owner)
        uow.publish(MFA_LOCKED, owner, {"user_id": owner})
        self._letters.locked(uow, user)
        return Verdict(False, self._attempts.wait(uow, LOCK, owner))

    def _store_codes(self, uow: UnitOfWork, user_id: str, code_hashes: list[str]) -> None:
        uow.execute(_FORGET_CODES, owner=user_id)
        uow.insert_many(RecoveryCode, [{"user_id": user_id, "code_hash": each} for each in code_hashes])

    def _switch(self, uow: UnitOfWork, user: Row, enabled: bool, kept: str | None) -> None:
        """Note whether there is a factor, and end what was begun without or with it."""
        epoch: int = user["token_epoch"] + 1
        uow.update(User, user, {"mfa_enabled": enabled, "token_epoch": epoch})
        self._sessions.end_others(uow, user["id"], kept, "mfa_changed")
        if kept is not None:
            uow.update(Session, uow.get(Session, kept), {"token_epoch": epoch})

    def _secret(self, factor: Row) -> str:
        return self._keys.decrypt(factor["secret"], bound_to=secret_place(Factor, "secret", factor["id"]))


def enabled_already() -> Conflict:
    """The refusal where a factor is confirmed already."""
    words = "Two-step sign-in is on already: switch it off first to set up another device"
    return Conflict(words, details={"reason": "mfa_enabled"})


def not_enabled() -> Conflict:
    """The refusal where there is no confirmed factor."""
    return Conflict("Two-step sign-in is off", details={"reason": "mfa_disabled"})
