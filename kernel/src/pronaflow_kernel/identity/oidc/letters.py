"""What owners are told of their links to providers."""

from __future__ import annotations

from ...persistence.uow import UnitOfWork
from ..letters import Letters, Recipient


class LinkLetters(Letters):
    """Writes them."""

    def linked(self, uow: UnitOfWork, user: Recipient, provider: str) -> None:
        """Tell an owner that somebody can sign in through a provider from now on."""
        text = (
            "An account at {provider} can sign in to your account {username} from now on, without "
            "its password.\n\n"
            "If it was not you, sign in, remove the link, and set a new password: "
            "{reset}\n"
        )
        self._write(uow, user, "Your account is linked to {provider}", text, provider=provider)

    def unlinked(self, uow: UnitOfWork, user: Recipient, provider: str) -> None:
        """Tell an owner that an account at a provider does not sign them in any more."""
        text = (
            "An account at {provider} cannot sign in to your account {username} any more.\n\n"
            "If it was not you, set a new password at once: {reset}\n"
        )
        self._write(uow, user, "Your account is not linked to {provider} any more", text, provider=provider)
