"""How e-mail addresses and user names are compared, and which ones are accepted."""

from __future__ import annotations

import unicodedata
from typing import Any

import marshmallow as ma
from marshmallow import fields, validate

from ..settings.checks import mailbox

EMAIL_LENGTH = 320
"""Longest address in characters (RFC 3696, erratum 1690: 64 + 1 + 255)."""


def normal(name: str) -> str:
    """The form under which an address or user name is unique: NFKC and casefold (security.md 2.1)."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


def local_part(email: str) -> str:
    """What stands before the last `@`."""
    return email.rpartition("@")[0]


class EmailAddress(fields.Email):
    """A bare mail address that our mailer can send to; surrounding blanks are dropped."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(validate=validate.Length(max=EMAIL_LENGTH), **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        text: str = super()._deserialize(value, attr, data, **kwargs).strip()
        try:
            mailbox(text)
        except ValueError:
            raise self.make_error("invalid") from None
        if len(normal(text)) > EMAIL_LENGTH:
            raise ma.ValidationError(f"Longer than maximum length {EMAIL_LENGTH}.")
        return text


class Username(fields.String):
    """A user name: 3 to 30 letters, digits and underscores of ASCII (modules.md 1.1)."""

    def __init__(self, **kwargs: Any) -> None:
        checks = [
            validate.Length(min=3, max=30),
            # `$` would let a line break through, and `\Z` is not in JavaScript, whose dialect OpenAPI has.
            validate.Regexp(r"^[A-Za-z0-9_]*(?![\s\S])", error="Only letters, digits and underscores."),
        ]
        super().__init__(validate=checks, **kwargs)


def first_workspace(username: str) -> str:
    """What the kernel calls the first workspace of an account (FR-2, modules.md 1.3)."""
    return f"{username}'s Workspace"


def username_from(email: str) -> str:
    """A user name that resembles an address, for an account whose owner chose none."""
    kept = "".join(c if c.isascii() and c.isalnum() else "_" for c in local_part(email))[:30]
    return kept if len(kept) >= 3 else f"{kept or 'user'}_admin"
