"""What the routes of two-step sign-in do.

Those that hash, or that must write although they refuse, are declared as reading ones and open their units of
work themselves, as those of identity do.
"""

from __future__ import annotations

from ...errors import KernelError
from ...persistence.scope import Scope
from ...persistence.uow import Reader, Row, UnitOfWork
from ...web.answers import Answer
from ..callers import session_of
from ..models import User
from ..parts import Parts
from ..sessions.sessions import calling_device
from . import totp
from .factors import enabled_already, not_enabled

MASK = "********"
"""What is shown of a recovery code that is left (modules.md 1.4)."""


class MfaHandlers:
    """The handlers, one a route.

    Arguments:
        parts: of identity.
    """

    def __init__(self, parts: Parts) -> None:
        self._db, self._proof = parts.kernel.db, parts.proof
        self._factors, self._recovery, self._second_step = parts.factors, parts.recovery, parts.second_step

    def enable(self, reader: Reader) -> Row:
        """Begin two-step sign-in: show the QR image to an authenticator app, then confirm with its code.

        Until then nothing changes, and beginning again replaces what was begun. Keep the recovery codes: each
        signs in once without the app, from the confirmation on.
        """
        user = reader.get(User, session_of(reader)[0])
        if user["mfa_enabled"]:
            raise enabled_already()
        begun = totp.enrolment(user["email"])
        codes, hashes = self._recovery.make()
        with self._db.write(reader.scope) as uow:
            self._factors.begin(uow, user["id"], begun.secret, hashes)
        shown = {"secret": begun.secret, "qr_code": begun.qr_code, "otpauth_url": begun.url}
        return {**shown, "backup_codes": codes}

    def confirm(self, uow: UnitOfWork, body: Row) -> Answer:
        """Switch two-step sign-in on, with a first code of the app; all other sessions end."""
        user_id, session_id = session_of(uow)
        self._factors.confirm(uow, user_id, body.get("totp_code") or body["otp_code"], session_id)
        return _say("Two-step sign-in is on, all other sessions have ended", True)

    def verify(self, reader: Reader, body: Row) -> Row:
        """Finish a sign-in with a code of the app, or with a recovery code.

        Five codes may be shown within five minutes after the password, by the program that sent it; without
        the token, by the address alone, also only from the same network address. Each code works once. Ten
        wrong ones within an hour lock the app's codes for an hour: 429 with `details.reason` `mfa_locked`.
        """
        device = calling_device()
        token = body.get("mfa_token") or body.get("session_id")
        challenge = self._second_step.find(reader, device, token=token, email=body.get("email"))
        shown = self._recovery.shown(reader, challenge["user_id"], body)
        assert shown is not None, "the schema demands a code"
        with self._db.write(Scope.nobody()) as uow:
            answer = self._second_step.finish(uow, challenge, shown, device)
        if isinstance(answer, KernelError):
            raise answer
        return answer

    def disable(self, reader: Reader, body: Row) -> Answer:
        """Switch two-step sign-in off; all other sessions end.

        Needs the password, and the factor: a code in the body, unless this session was begun with one, or has
        shown one by a step-up, within the last ten minutes. Otherwise 403 with `details.reason`
        `step_up_required`.
        """
        self._demand_enabled(reader)
        user = self._proof.demand(reader, body, calling_device())
        with self._db.write(reader.scope) as uow:
            self._factors.remove(uow, user["id"], reader.scope.principal.session_id, "owner")
        return _say("Two-step sign-in is off, all other sessions have ended", False)

    def backup_codes(self, reader: Reader) -> Row:
        """Tell how many recovery codes are left. They were shown when they were made, and cannot be again."""
        user = reader.get(User, session_of(reader)[0])
        left = self._factors.remaining(reader, user["id"]) if user["mfa_enabled"] else 0
        return {"remaining": left, "backup_codes": [MASK] * left}

    def regenerate(self, reader: Reader, body: Row) -> Row:
        """Make new recovery codes; the old ones are void. Needs what switching off needs."""
        self._demand_enabled(reader)
        user = self._proof.demand(reader, body, calling_device())
        codes, hashes = self._recovery.make()
        with self._db.write(reader.scope) as uow:
            self._factors.replace_codes(uow, user["id"], hashes)
        return {"backup_codes": codes}

    def _demand_enabled(self, reader: Reader) -> None:
        if not reader.get(User, session_of(reader)[0])["mfa_enabled"]:
            raise not_enabled()


def _say(message: str, enabled: bool) -> Answer:
    return Answer({"message": message, "mfa_enabled": enabled}, message)
