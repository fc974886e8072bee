"""The mails of identity: short plain text, with the link and, for users of the API, its parts.

A token stands in the fragment of a link, which no browser sends to a server or writes into a `Referer`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from ..mail import Mail
from ..persistence.uow import Reader, UnitOfWork
from ..post import Post
from ..preferences.preferences import Preferences
from ..texts.texts import OwnTexts

Recipient = Mapping[str, Any]
"""A row of `User`."""


class Letters:
    """Writes the mails and posts them in the unit of work of what they tell.

    Arguments:
        post: sends them.
        public_url: what links start with, without a slash at the end.
        preferences: tell who reads which language; texts: have the letters in it.
    """

    def __init__(self, post: Post, public_url: str, preferences: Preferences, texts: OwnTexts) -> None:
        self._post = post
        self._public_url = public_url
        self._preferences, self._texts = preferences, texts

    def verification(
        self, uow: UnitOfWork, user: Recipient, token: str, seconds: int, language: str | None
    ) -> None:
        """Ask the owner of an address to prove it.

        Arguments:
            language: that was asked for with the account; None for the owner's own.
        """
        text = (
            "Welcome to PronaFlow, {username}. "
            "Please prove your mail address within {span}:\n\n"
            "{access}\n\n"
            "If you did not register, do nothing: the account stays closed without this proof.\n"
        )
        page = self._access("verify-email", user, token)
        self._write(uow, user, "Prove your mail address", text, language=language, span=seconds, access=page)

    def reset(self, uow: UnitOfWork, user: Recipient, token: str, seconds: int) -> None:
        """Let the owner of an account set a new password."""
        text = (
            "Somebody asked for a new password of the account {username}. "
            "Set one within {span}:\n\n"
            "{access}\n\n"
            "If it was not you, do nothing: your password stays as it is.\n"
        )
        page = self._access("reset-password", user, token)
        self._write(uow, user, "Set a new password", text, span=seconds, access=page)

    def password_changed(self, uow: UnitOfWork, user: Recipient) -> None:
        """Tell an owner that the password is another one now."""
        text = (
            "The password of your account {username} was changed, "
            "and all other sessions have ended.\n\n"
            "If it was not you, ask for a new password at once: {reset}\n"
        )
        self._write(uow, user, "Your password was changed", text)

    def sign_in_locked(self, uow: UnitOfWork, user: Recipient, ip: str | None, seconds: int) -> None:
        """Tell an owner that somebody is locked out of the account for a while."""
        text = (
            "Somebody failed to sign in to your account {username} several times, from the address "
            "{ip}. Signing in from there is locked for {span}.\n\n"
            "If it was you, wait, or set a new password: {reset}\n"
            "If it was not you, do nothing: devices on which you have signed in before are not affected.\n"
        )
        self._write(uow, user, "Failed sign-ins to your account", text, ip=ip or "?", span=seconds)

    def sign_in_barred(self, uow: UnitOfWork, user: Recipient) -> None:
        """Tell an owner that new devices cannot sign in until there is a new password."""
        text = (
            "Somebody tried many wrong passwords for your account {username}. To stop that, nobody "
            "can sign in to it with a password any more, except on devices on which you have signed in "
            "before.\n\n"
            "To open it again, set a new password: {reset}\n"
        )
        self._write(uow, user, "Please set a new password", text)

    def session_stolen(self, uow: UnitOfWork, user: Recipient) -> None:
        """Tell an owner that two held the refresh token of a session, which has ended for that."""
        text = (
            "A session of your account {username} has ended: an outdated refresh token of it was "
            "shown, which happens when somebody has copied it.\n\n"
            "Sign in again. If you did nothing unusual, such as restoring a device from a backup, set a new "
            "password, which ends all other sessions: {reset}\n"
        )
        self._write(uow, user, "One of your sessions has ended", text)

    def registered_before(self, uow: UnitOfWork, user: Recipient) -> None:
        """Tell an owner that somebody tried to register with the address."""
        text = (
            "Somebody tried to register with your mail address, but you have an account already: "
            "{username}.\n\n"
            "Did you forget the password? Set a new one: {reset}\n"
            "If it was not you, do nothing.\n"
        )
        self._write(uow, user, "You have an account already", text)

    def username_taken(self, uow: UnitOfWork, email: str, username: str, language: str | None) -> None:
        """Tell somebody who registered that another user has the name; `language` as in `verification`."""
        text = (
            "You asked for an account with the user name {username}, but somebody else has it. "
            "Please register again with another one.\n\n"
            "If it was not you, do nothing.\n"
        )
        stranger = {"email": email, "username": username}
        self._write(uow, stranger, "Please choose another user name", text, language=language)

    def language(self, reader: Reader, user: Recipient) -> str:
        """The language that somebody reads; that of the server for whoever has no account."""
        if "id" not in user:
            return self._preferences.default_locale().language
        return self._preferences.locales(reader, [user["id"]])[user["id"]].language

    def _access(self, page: str, user: Recipient, token: str) -> str:
        parts = {"user_id": user["id"], "token": token}
        plain = "\n".join(f"{name}: {value}" for name, value in parts.items())
        return f"{self._public_url}/{page}#{urlencode(parts)}\n\n{{programs}}\n{plain}"

    def _write(
        self,
        uow: UnitOfWork,
        user: Recipient,
        subject: str,
        text: str,
        *,
        language: str | None = None,
        span: int = 0,
        access: str = "",
        **values: Any,
    ) -> None:
        """Post a letter in its reader's language.

        Arguments:
            subject, text: in English, with {names} of values; `username` and `reset`, the page for a new
                password, are always there.
            language: where it is known already.
            span: seconds, filled in as `{span}` in words.
            access: from `_access`.
        """
        spoken, say = language or self.language(uow, user), self._texts.say
        filled = {
            **values,
            "username": user["username"],
            "reset": f"{self._public_url}/reset-password",
            "span": self._span(spoken, span),
            "access": access.replace("{programs}", say(spoken, "For programs:")),
        }
        title = say(spoken, subject, **filled)
        self._post.send(uow, Mail(user["email"], f"{title} - PronaFlow", say(spoken, text, **filled)))

    def _span(self, language: str, seconds: int) -> str:
        """A length of time in words, in the largest unit that divides it."""
        say_many = self._texts.say_many
        if seconds % 3600 == 0:
            return say_many(language, "{count} hour", "{count} hours", seconds // 3600)
        if seconds % 60 == 0:
            return say_many(language, "{count} minute", "{count} minutes", seconds // 60)
        return say_many(language, "{count} second", "{count} seconds", seconds)
