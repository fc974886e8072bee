"""Signing in with a password: counted, compared, and only then decided (security.md 2.2, 2.7, 2.10)."""

from __future__ import annotations

from typing import NoReturn

from ...errors import Unauthorized
from ...persistence.database import Database
from ...persistence.scope import Scope
from ...persistence.uow import Reader, Row
from ..accounts import Accounts
from ..guessing.devices import DeviceTokens, source_of
from ..guessing.failures import note_failure
from ..guessing.lockout import Attempt, Lockout
from ..names import normal
from ..sessions.sessions import Device
from .credentials import Credentials
from .password_hashes import PasswordHashes


class SignIn:
    """Signs people in; unknown names cost and tell what known ones do.

    Arguments:
        db: writes in units of work of their own: a hash holds no lock, and what is counted stays.
        hashes, accounts, credentials, lockout, devices: as they are called.
    """

    def __init__(
        self,
        db: Database,
        hashes: PasswordHashes,
        accounts: Accounts,
        credentials: Credentials,
        lockout: Lockout,
        devices: DeviceTokens,
    ) -> None:
        self._db = db
        self._hashes = hashes
        self._accounts = accounts
        self._credentials = credentials
        self._lockout = lockout
        self._devices = devices

    def enter(self, reader: Reader, name: str, password: str, device: Device, token: str | None) -> Row:
        """Sign in.

        Arguments:
            name: mail address or user name, as typed.
            token: of a device that has signed in before.

        Returns:
            What `Credentials.admit` answers, and the `device_token` to send the next time.

        Raises:
            RateLimited: too many attempts failed; the password was not looked at.
            Unauthorized, Forbidden: as `Credentials.refusal` says.
            ServiceUnavailable: too many hashes wait.
        """
        user = next(iter(self._accounts.named(reader, name, name)), None)
        device_id = self._devices.recognise(token, user)
        with self._db.write(Scope.nobody()) as uow:
            attempt = self._lockout.begin(uow, normal(name), source_of(device.ip, device_id))
        matches, new_hash = self._compare(attempt, user, password)
        reason = self._credentials.objection(user, matches)
        if user is None or reason is not None:
            self._refuse(attempt, user, reason or "unknown_account", device)
        with self._db.write(Scope.nobody()) as uow:
            answer = self._credentials.admit(uow, user, device, new_hash)
            self._lockout.succeeded(uow, attempt, user)
        known = None if answer["mfa_required"] else self._devices.issue(user, device_id)
        return {**answer, "device_token": known}

    def _compare(self, attempt: Attempt, user: Row | None, password: str) -> tuple[bool, str | None]:
        """Whether the password is right, and its hash of today's costs where the stored one is outdated."""
        try:
            matches = self._hashes.match(user["password_hash"] if user else None, password)
            if user and matches and self._hashes.outdated(user["password_hash"]):
                return True, self._hashes.make(password)
        except BaseException:
            with self._db.write(Scope.nobody()) as uow:
                self._lockout.undo(uow, attempt)
            raise
        return matches, None

    def _refuse(self, attempt: Attempt, user: Row | None, reason: str, device: Device) -> NoReturn:
        """Raise the refusal.

        One that tells that the password was right counts as a success; one that looks like a wrong password
        must count like one.
        """
        refusal = self._credentials.refusal(reason)
        with self._db.write(Scope.nobody()) as uow:
            note_failure(uow, user, reason, device)
            if user is None or isinstance(refusal, Unauthorized):
                self._lockout.failed(uow, attempt, user, device.ip)
            else:
                self._lockout.succeeded(uow, attempt, user)
        raise refusal
