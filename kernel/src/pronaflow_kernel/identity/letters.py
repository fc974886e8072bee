"""The mails of identity: short plain text, with the link and, for users of the API, its parts.

A token stands in the fragment of a link, which no browser sends to a server or writes into a `Referer`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from ..mail import Mail
from ..persistence.uow import UnitOfWork
from ..post import Post

Recipient = Mapping[str, Any]
"""A row of `User`."""


class Letters:
    """Writes the mails and posts them in the unit of work of what they tell.

    Arguments:
        post: sends them.
        public_url: what links start with, without a slash at the end.
    """

    def __init__(self, post: Post, public_url: str) -> None:
        self._post = post
        self._public_url = public_url

    def verification(self, uow: UnitOfWork, user: Recipient, token: str, seconds: int) -> None:
        """Ask the owner of an address to prove it."""
        text = (
            f"Welcome to PronaFlow, {user['username']}. "
            f"Please prove your mail address within {_span(seconds)}:\n\n"
            f"{self._access('verify-email', user, token)}\n\n"
            "If you did not register, do nothing: the account stays closed without this proof.\n"
        )
        self._send(uow, user["email"], "Prove your mail address", text)

    def reset(self, uow: UnitOfWork, user: Recipient, token: str, seconds: int) -> None:
        """Let the owner of an account set a new password."""
        text = (
            f"Somebody asked for a new password of the account {user['username']}. "
            f"Set one within {_span(seconds)}:\n\n"
            f"{self._access('reset-password', user, token)}\n\n"
            "If it was not you, do nothing: your password stays as it is.\n"
        )
        self._send(uow, user["email"], "Set a new password", text)

    def password_changed(self, uow: UnitOfWork, user: Recipient) -> None:
        """Tell an owner that the password is another one now."""
        text = (
            f"The password of your account {user['username']} was changed, "
            "and all other sessions have ended.\n\n"
            f"If it was not you, ask for a new password at once: {self._public_url}/reset-password\n"
        )
        self._send(uow, user["email"], "Your password was changed", text)

    def sign_in_locked(self, uow: UnitOfWork, user: Recipient, ip: str | None, seconds: int) -> None:
        """Tell an owner that somebody is locked out of the account for a while."""
        text = (
            f"Somebody failed to sign in to your account {user['username']} several times, from the address "
            f"{ip or 'unknown'}. Signing in from there is locked for {_span(seconds)}.\n\n"
            f"If it was you, wait, or set a new password: {self._public_url}/reset-password\n"
            "If it was not you, do nothing: devices on which you have signed in before are not affected.\n"
        )
        self._send(uow, user["email"], "Failed sign-ins to your account", text)

    def sign_in_barred(self, uow: UnitOfWork, user: Recipient) -> None:
        """Tell an owner that new devices cannot sign in until there is a new password."""
        text = (
            f"Somebody tried many wrong passwords for your account {user['username']}. To stop that, nobody "
            "can sign in to it with a password any more, except on devices on which you have signed in "
            "before.\n\n"
            f"To open it again, set a new password: {self._public_url}/reset-password\n"
        )
        self._send(uow, user["email"], "Please set a new password", text)

    def session_stolen(self, uow: UnitOfWork, user: Recipient) -> None:
        """Tell an owner that two held the refresh token of a session, which has ended for that."""
        text = (
            f"A session of your account {user['username']} has ended: an outdated refresh token of it was "
            "shown, which happens when somebody has copied it.\n\n"
            "Sign in again. If you did nothing unusual, such as restoring a device from a backup, set a new "
            f"password, which ends all other sessions: {self._public_url}/reset-password\n"
        )
        self._send(uow, user["email"], "One of your sessions has ended", text)

    def registered_before(self, uow: UnitOfWork, user: Recipient) -> None:
        """Tell an owner that somebody tried to register with the address."""
        text = (
            "Somebody tried to register with your mail address, but you have an account already: "
            f"{user['username']}.\n\n"
            f"Did you forget the password? Set a new one: {self._public_url}/reset-password\n"
            "If it was not you, do nothing.\n"
        )
        self._send(uow, user["email"], "You have an account already", text)

    def username_taken(self, uow: UnitOfWork, email: str, username: str) -> None:
        """Tell somebody who registered that another user has the name."""
        text = (
            f"You asked for an account with the user name {username}, but somebody else has it. "
            "Please register again with another one.\n\n"
            "If it was not you, do nothing.\n"
        )
        self._send(uow, email, "Please choose another user name", text)

    def _access(self, page: str, user: Recipient, token: str) -> str:
        parts = {"user_id": user["id"], "token": token}
        plain = "\n".join(f"{name}: {value}" for name, value in parts.items())
        return f"{self._public_url}/{page}#{urlencode(parts)}\n\nFor programs:\n{plain}"

    def _send(self, uow: UnitOfWork, to: str, subject: str, text: str) -> None:
        self._post.send(uow, Mail(to, f"{subject} - PronaFlow", text))


def _span(seconds: int) -> str:
    """A length of time in words, in the largest unit that divides it."""
    sizes = {"hour": 3600, "minute": 60, "second": 1}
    unit = next(unit for unit, size in sizes.items() if seconds % size == 0)
    count = seconds // sizes[unit]
    return f"{count} {unit}{'s' * (count != 1)}"
