"""What owners are told of their links to providers."""

from __future__ import annotations

from ...persistence.uow import UnitOfWork
from ..letters import Letters, Recipient


class LinkLetters(Letters):
    """Writes them."""

    def linked(self, uow: UnitOfWork, user: Recipient, provider: str) -> None:
        """Tell an owner that somebody can sign in through a provider from now on."""
        text = (
            f"An account at {provider} can sign in to your account {user['username']} from now on, without "
            "its password.\n\n"
            "If it was not you, sign in, remove the link, and set a new password: "
            f"{self._public_url}/reset-password\n"
        )
        self._send(uow, user["email"], f"Your account is linked to {provider}", text)

    def unlinked(self, uow: UnitOfWork, user: Recipient, provider: str) -> None:
        """Tell an owner that an account at a provider does not sign them in any more."""
        text = (
            f"An account at {provider} cannot sign in to your account {user['username']} any more.\n\n"
            f"If it was not you, set a new password at once: {self._public_url}/reset-password\n"
        )
        self._send(uow, user["email"], f"Your account is not linked to {provider} any more", text)
