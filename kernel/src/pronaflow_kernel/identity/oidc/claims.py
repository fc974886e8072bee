"""Who somebody is at the provider, read from claims that hold (OpenID Connect Core 1.0, 5.1)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from .documents import ProviderFault

# Core 2: at most 255 ASCII characters. Blanks and control characters would be somebody's mistake or attack.
_SUBJECT = re.compile(r"[\x21-\x7e]{1,255}")
_SEVERAL_FACTORS = "mfa"


@dataclass(frozen=True, slots=True)
class Identity:
    """Somebody's account at the provider.

    Arguments:
        issuer, subject: name it for good.
        email, username, full_name: as the provider has them, of any content.
        email_verified: whether the provider says that the address is theirs.
        auth_time: when they proved who they are, where the provider tells.
        mfa: whether the provider says that they did so by several factors (RFC 8176).
    """

    issuer: str
    subject: str
    email: str | None
    email_verified: bool
    username: str | None
    full_name: str | None
    auth_time: datetime | None
    mfa: bool


def identity_of(claims: Mapping[str, Any]) -> Identity:
    """The identity that claims tell of; what is not as the standard has it counts as not told.

    Raises:
        ProviderFault: the subject is none.
    """
    subject = claims.get("sub")
    if not isinstance(subject, str) or not _SUBJECT.fullmatch(subject):
        raise ProviderFault("its ID token names no subject of 1 to 255 visible ASCII characters")
    methods = claims.get("amr")
    return Identity(
        issuer=str(claims["iss"]),
        subject=subject,
        email=_text(claims, "email"),
        # Some providers write the truth in quotes.
        email_verified=claims.get("email_verified") in (True, "true"),
        username=_text(claims, "preferred_username"),
        full_name=_text(claims, "name"),
        auth_time=_moment(claims.get("auth_time")),
        mfa=isinstance(methods, list) and _SEVERAL_FACTORS in methods,
    )


def _text(claims: Mapping[str, Any], name: str) -> str | None:
    value = claims.get(name)
    if not isinstance(value, str):
        return None
    # A half of a surrogate pair is JSON, but nothing that can be stored.
    kept = "".join(c for c in value if c.isprintable()).strip()
    return kept or None


def _moment(value: Any) -> datetime | None:
    try:
        return datetime.fromtimestamp(value, UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return None
