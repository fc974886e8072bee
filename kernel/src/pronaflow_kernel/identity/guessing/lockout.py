"""Lockout that is not a weapon: how failed sign-ins bar further ones (security.md 2.7, modules.md 1.3).

Whoever guesses is stopped where they guess from; the owner, who comes from elsewhere or from a device that
has signed in before, is not. Names count as they were typed and whether or not there is such an account, so
that no answer tells. A mail that sets a new password always helps.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from ...errors import RateLimited
from ...ids import new_id
from ...persistence.uow import Row, UnitOfWork
from ..after_answer import AfterAnswer
from ..events import SIGN_IN_BARRED
from ..passwords.own_password import KIND as OWN_PASSWORD
from .attempts import Attempts, Limit
from .devices import Source
from .failures import too_many

KIND = "sign_in"
"""Kind of the attempts that most of these limits count."""

TYPING = Limit(KIND, most=5, within=timedelta(minutes=10), per="both")
"""Failures on an account from one source that lock it for that source (FR-1; security.md 2.7, 1)."""
SPRAYING = Limit(KIND, most=30, within=timedelta(minutes=15), per="source")
"""Failures from one source over any accounts (security.md 2.7, 2)."""
SIEGE = Limit(KIND, most=50, within=timedelta(hours=1))
"""Failures on an account from everywhere that slow unknown devices down (security.md 2.7, 3)."""
PACE = Limit(KIND, most=1, within=timedelta(seconds=60), per="both")
"""How often each of them may then try."""
RUN = Limit("sign_in.run", most=100, within=timedelta(days=90))
"""Failures without a success between them that end guessing (SP 800-63B-4, 3.2.2; security.md 2.7, 4)."""
TOLD = Limit("sign_in.told", most=1, within=timedelta(hours=1))
"""How often an owner is told of locks: mails are not to be a weapon either."""

_LOCK = "sign_in.lock"


@dataclass(frozen=True, slots=True)
class Attempt:
    """A sign-in whose password is about to be compared.

    Arguments:
        name: as typed and normalised.
        source: where it comes from.
        notes: by which it is counted.
        locks: whether the account is locked for the source unless the password is right.
        bars: whether the account is closed to unknown devices unless the password is right.
    """

    name: str
    source: Source
    notes: tuple[str, ...]
    locks: bool
    bars: bool


class Lockout:
    """Says whether somebody may try, and learns how it went.

    Arguments:
        attempts: counts.
        after_answer: tells owners.
        seconds: how long a lock lasts; 0 locks nothing.
    """

    def __init__(self, attempts: Attempts, after_answer: AfterAnswer, seconds: int) -> None:
        self._attempts = attempts
        self._after_answer = after_answer
        self._lock = Limit(_LOCK, most=1, within=timedelta(seconds=seconds), per="both")
        self._seconds = seconds

    def begin(self, uow: UnitOfWork, name: str, source: Source) -> Attempt:
        """Count an attempt, before the password is compared.

        The fifth one locks the door behind itself, so that of many at the same moment five are compared.

        Arguments:
            uow: one of its own: what is counted must stay.

        Raises:
            RateLimited: it must not be made now; no password, right or wrong, changes that answer.
        """
        self._attempts.hold(uow, KIND, name, source.text)
        self._refuse_barred(uow, name, source)
        locks = (
            self._seconds > 0 and self._attempts.failures(uow, TYPING, name, source.text) + 1 >= TYPING.most
        )
        run = self._attempts.failures(uow, RUN, name) + 1
        notes = [self._attempts.note(uow, KIND, name, source.text, keep=SIEGE.within)]
        if run <= RUN.most:
            notes.append(self._attempts.note(uow, RUN.kind, name, keep=RUN.within))
        if locks:
            notes.append(self._attempts.note(uow, _LOCK, name, source.text, keep=self._lock.within))
        return Attempt(name, source, tuple(notes), locks, run == RUN.most)

    def undo(self, uow: UnitOfWork, attempt: Attempt) -> None:
        """Forget an attempt whose password was never compared."""
        self._attempts.take_back(uow, attempt.notes)

    def failed(self, uow: UnitOfWork, attempt: Attempt, user: Row | None, ip: str | None) -> None:
        """Write down that an attempt barred further ones, and tell the owner.

        Arguments:
            user: the account, if there is one.
            ip: where the attempt came from.
        """
        if not (attempt.locks or attempt.bars):
            return
        reason = "password_reset_required" if attempt.bars else "account_locked"
        payload = {"user_id": user["id"] if user else None, "reason": reason}
        uow.publish(SIGN_IN_BARRED, new_id(), payload, private={"ip": ip})
        told = self._attempts.reserve(uow, TOLD, attempt.name) > 0
        if attempt.bars or not told:
            self._after_answer.request_warning(uow, user, attempt.bars, ip)

    def succeeded(self, uow: UnitOfWork, attempt: Attempt, user: Row) -> None:
        """Forget the failures of an account from a source that knows its password now, and end the run."""
        for kind in (KIND, _LOCK):
            self._attempts.clear(uow, kind, *_names(user), source=attempt.source.text)
        self._attempts.clear(uow, RUN.kind, *_names(user))

    def lift(self, uow: UnitOfWork, user: Row) -> None:
        """Forget all wrong passwords of an account, whose owner has proved the mail address."""
        for kind in (KIND, _LOCK, RUN.kind, TOLD.kind):
            self._attempts.clear(uow, kind, *_names(user))
        self._attempts.clear(uow, OWN_PASSWORD, user["id"])

    def _refuse_barred(self, uow: UnitOfWork, name: str, source: Source) -> None:
        if seconds := self._attempts.wait(uow, self._lock, name, source.text):
            raise _refusal("account_locked", seconds)
        if seconds := self._attempts.wait(uow, SPRAYING, source=source.text):
            raise _refusal("too_many_failures", seconds)
        if source.known:
            return
        if seconds := self._attempts.wait(uow, RUN, name):
            raise _refusal("password_reset_required", seconds)
        besieged = self._attempts.failures(uow, SIEGE, name) >= SIEGE.most
        if besieged and (seconds := self._attempts.wait(uow, PACE, name, source.text)):
            raise _refusal("account_slowed", seconds)


def _names(user: Row) -> tuple[str, str]:
    """What an account is named by when somebody signs in."""
    return user["email_norm"], user["username_norm"]


_WORDS = {
    "account_locked": "Too many failed sign-ins: wait, or set a new password by mail",
    "too_many_failures": "Too many failed sign-ins from your network: wait, or use a known device",
    "password_reset_required": "Too many failed sign-ins: set a new password by mail to sign in",
    "account_slowed": "Too many failed sign-ins to this account: wait a minute between attempts",
}


def _refusal(reason: str, seconds: int) -> RateLimited:
    return too_many(_WORDS[reason], reason, seconds)
