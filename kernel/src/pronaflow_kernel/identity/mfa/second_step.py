"""Signing in with a factor: the password opens a challenge, the factor the session.

answer = second_step.begin(uow, user, device)        # the password was right
...
challenge = second_step.find(reader, device, token=token, email=None)
answer = second_step.finish(uow, challenge, shown, device)
"""

from __future__ import annotations

from collections.abc import Sequence

from ...errors import KernelError, RateLimited, Unauthorized
from ...persistence.uow import Reader, Row, UnitOfWork
from ..accounts import ACTIVE, shown
from ..guessing.devices import DeviceTokens
from ..guessing.failures import note_failure, too_many
from ..models import User
from ..sessions.sessions import Device, Sessions
from . import challenges
from .challenges import ATTEMPTS
from .factors import SHOWN, Factors
from .recovery import Shown

_NO_TOKENS = {"access_token": None, "refresh_token": None, "token_type": "bearer", "expires_in": None}


class SecondStep:
    """Asks for the factor.

    Arguments:
        factors, sessions, devices: as they are called.
    """

    def __init__(self, factors: Factors, sessions: Sessions, devices: DeviceTokens) -> None:
        self._factors = factors
        self._sessions = sessions
        self._devices = devices

    def begin(self, uow: UnitOfWork, user: Row, device: Device, amr: Sequence[str]) -> Row:
        """The answer to a right password of a user with a factor: no session, no profile, a challenge.

        Arguments:
            user: as it was when the password was checked.
            amr: how they proved who they are so far.
        """
        token = challenges.issue(uow, user, device, amr)
        return {**_NO_TOKENS, "user": None, "mfa_required": True, "mfa_token": token}

    def find(self, reader: Reader, device: Device, *, token: str | None, email: str | None) -> Row:
        """The challenge that somebody means.

        Arguments:
            token: from `begin`; email: of the account, where there is no token.

        Raises:
            Unauthorized: there is none, it is over, or another's: these look alike.
        """
        challenge = challenges.find(reader, device, token=token, email=email)
        if challenge is None:
            raise _over()
        return challenge

    def finish(self, uow: UnitOfWork, challenge: Row, factor: Shown, device: Device) -> Row | KernelError:
        """Start the session if the factor is right.

        Arguments:
            challenge: from `find`; factor: what is shown.

        Returns:
            The answer of a sign-in; or what to raise once this is committed, so that it stays counted.
        """
        self._factors.hold(uow, challenge["user_id"])
        if not challenges.take(uow, challenge["id"]):
            return _over()
        user = uow.get(User, challenge["user_id"], lock=True)
        if user["status"] != ACTIVE or user["token_epoch"] != challenge["token_epoch"]:
            return _over()
        verdict = self._factors.prove(uow, user, factor)
        if not verdict.right:
            note_failure(uow, user, "wrong_code", device)
            if not verdict.wait:
                return _wrong(ATTEMPTS - challenge["attempts"] - 1)
            challenges.end(uow, challenge["id"])
            return locked(verdict.wait)
        challenges.end(uow, challenge["id"])
        tokens = self._sessions.start(uow, user, device, amr=[*challenge["amr"], *SHOWN])
        known = self._devices.issue(user)
        answer = {"user": shown(user), "mfa_required": False, "mfa_token": None, "device_token": known}
        return {**tokens, **answer}


def locked(seconds: int) -> RateLimited:
    """The refusal of all codes of an app, after too many wrong ones.

    Arguments:
        seconds: until one can be accepted again.
    """
    return too_many("Too many wrong codes: wait an hour, or use a recovery code", "mfa_locked", seconds)


def _wrong(attempts_left: int) -> Unauthorized:
    if attempts_left <= 0:
        return _over()
    details = {"reason": "wrong_code", "attempts_left": attempts_left}
    return Unauthorized("The code is not accepted: wait for the next one of your app", details=details)


def _over() -> Unauthorized:
    words = "This sign-in is over, or it began elsewhere: start again with your password"
    return Unauthorized(words, details={"reason": "challenge_over"})
