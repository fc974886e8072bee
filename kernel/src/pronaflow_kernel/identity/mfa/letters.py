"""What owners are told of their second factor."""

from __future__ import annotations

from ...persistence.uow import UnitOfWork
from ..letters import Letters, Recipient


class FactorLetters(Letters):
    """Writes them."""

    def enabled(self, uow: UnitOfWork, user: Recipient) -> None:
        """Tell an owner that a code is asked for from now on."""
        text = (
            "Signing in to your account {username} now needs a code of your authenticator app "
            "besides the password, and all other sessions have ended.\n\n"
            "Keep your recovery codes where you find them without your telephone.\n\n"
            "If it was not you, ask for a new password at once: {reset}\n"
            "and then let whoever runs this server remove the factor.\n"
        )
        self._write(uow, user, "Two-step sign-in is on", text)

    def disabled(self, uow: UnitOfWork, user: Recipient, by: str) -> None:
        """Tell an owner that the password is enough again.

        Arguments:
            by: `owner` or `operator`.
        """
        if by == "operator":
            text = (
                "Whoever runs this server has switched two-step sign-in of your account {username} off: the "
                "password is enough now. All sessions have ended, and the recovery codes are void.\n\n"
                "If you did not want this, set a new password at once: {reset}\n"
            )
        else:
            text = (
                "You have switched two-step sign-in of your account {username} off: the password is enough "
                "now. All other sessions have ended, and the recovery codes are void.\n\n"
                "If you did not want this, set a new password at once: {reset}\n"
            )
        self._write(uow, user, "Two-step sign-in is off", text)

    def locked(self, uow: UnitOfWork, user: Recipient) -> None:
        """Tell an owner that somebody has guessed at codes; they know the password."""
        text = (
            "Somebody has entered ten wrong codes for your account {username}. No code of your "
            "authenticator app is accepted for an hour; a recovery code still is.\n\n"
            "Codes are asked for after the right password. If it was not you, somebody knows yours: "
            "set a new one at once: {reset}\n"
        )
        self._write(uow, user, "Too many wrong codes", text)

    def recovery_code_used(self, uow: UnitOfWork, user: Recipient, remaining: int) -> None:
        """Tell an owner that a recovery code is used up."""
        text = (
            "A recovery code of your account {username} was used. Codes left: {remaining}.\n\n"
            "If it was not you, set a new password at once: {reset}\n"
        )
        self._write(uow, user, "A recovery code was used", text, remaining=remaining)

    def recovery_codes_replaced(self, uow: UnitOfWork, user: Recipient) -> None:
        """Tell an owner that there are new recovery codes."""
        text = (
            "Your account {username} has new recovery codes; the old ones are void.\n\n"
            "If it was not you, set a new password at once: {reset}\n"
        )
        self._write(uow, user, "You have new recovery codes", text)
