"""What owners are told of their second factor."""

from __future__ import annotations

from ...persistence.uow import UnitOfWork
from ..letters import Letters, Recipient


class FactorLetters(Letters):
    """Writes them."""

    def enabled(self, uow: UnitOfWork, user: Recipient) -> None:
        """Tell an owner that a code is asked for from now on."""
        text = (
            f"Signing in to your account {user['username']} now needs a code of your authenticator app "
            "besides the password, and all other sessions have ended.\n\n"
            "Keep your recovery codes where you find them without your telephone.\n\n"
            f"If it was not you, ask for a new password at once: {self._public_url}/reset-password\n"
            "and then let whoever runs this server remove the factor.\n"
        )
        self._send(uow, user["email"], "Two-step sign-in is on", text)

    def disabled(self, uow: UnitOfWork, user: Recipient, by: str) -> None:
        """Tell an owner that the password is enough again.

        Arguments:
            by: `owner` or `operator`.
        """
        operator = by == "operator"
        text = (
            f"{'Whoever runs this server has' if operator else 'You have'} switched two-step sign-in of your "
            f"account {user['username']} off: the password is enough now. "
            f"All {'' if operator else 'other '}sessions have ended, and the recovery codes are void.\n\n"
            f"If you did not want this, set a new password at once: {self._public_url}/reset-password\n"
        )
        self._send(uow, user["email"], "Two-step sign-in is off", text)

    def locked(self, uow: UnitOfWork, user: Recipient) -> None:
        """Tell an owner that somebody has guessed at codes; they know the password."""
        text = (
            f"Somebody has entered ten wrong codes for your account {user['username']}. No code of your "
            "authenticator app is accepted for an hour; a recovery code still is.\n\n"
            "Codes are asked for after the right password. If it was not you, somebody knows yours: "
            f"set a new one at once: {self._public_url}/reset-password\n"
        )
        self._send(uow, user["email"], "Too many wrong codes", text)

    def recovery_code_used(self, uow: UnitOfWork, user: Recipient, remaining: int) -> None:
        """Tell an owner that a recovery code is used up."""
        text = (
            f"A recovery code of your account {user['username']} was used; {remaining} "
            f"{'is' if remaining == 1 else 'are'} left.\n\n"
            f"If it was not you, set a new password at once: {self._public_url}/reset-password\n"
        )
        self._send(uow, user["email"], "A recovery code was used", text)

    def recovery_codes_replaced(self, uow: UnitOfWork, user: Recipient) -> None:
        """Tell an owner that there are new recovery codes."""
        text = (
            f"Your account {user['username']} has new recovery codes; the old ones are void.\n\n"
            f"If it was not you, set a new password at once: {self._public_url}/reset-password\n"
        )
        self._send(uow, user["email"], "You have new recovery codes", text)
