"""Whose account an identity at the provider belongs to.

A link goes by issuer and subject. A mail address decides only once, at the first sign-in, and only if both
sides have proved it: a provider that lets people claim any address, or an account that somebody opened with
the address of another one, must not hand over an account.
"""

from __future__ import annotations

import re
import secrets

from marshmallow import ValidationError
from sqlalchemy import bindparam, select

from ...errors import Conflict, Forbidden, NotFound
from ...persistence.scope import Scope
from ...persistence.types import Id
from ...persistence.uow import Reader, Row, UnitOfWork
from ...settings import OidcSettings
from ..accounts import ACTIVE, PENDING, Accounts, NewAccount
from ..models import IdentityLink, User
from ..names import EmailAddress, local_part, normal
from ..sessions.access_tokens import principal_of
from .claims import Identity
from .events import IDENTITY_LINKED, IDENTITY_UNLINKED
from .letters import LinkLetters

_SAME_IDENTITY = (
    IdentityLink.issuer == bindparam("issuer"),
    IdentityLink.subject == bindparam("subject"),
)
_LINKED = select(User.__table__).join(IdentityLink, IdentityLink.user_id == User.id).where(*_SAME_IDENTITY)
_LINK = select(IdentityLink.__table__).where(*_SAME_IDENTITY)
_OWN = (
    select(IdentityLink.__table__)
    .where(IdentityLink.user_id == bindparam("owner", type_=Id()))
    .order_by(IdentityLink.id)
)
_FREE_NUMBERS = 20
"""How many numbered user names are tried before one is drawn."""


class Raced(Exception):
    """Somebody, perhaps the same person, was faster: look again."""


class People:
    """Finds, makes and links accounts.

    Arguments:
        settings: who may come.
        accounts: makes accounts.
        letters: tell owners.
    """

    def __init__(self, settings: OidcSettings, accounts: Accounts, letters: LinkLetters) -> None:
        self._settings = settings
        self._domains = {_folded(domain) for domain in settings.domains}
        self._accounts = accounts
        self._letters = letters

    def expect_welcome(self, identity: Identity) -> None:
        """Refuse whose mail domain the operator does not name.

        Raises:
            Forbidden: the address is of another domain, or the provider does not say that it is theirs.
        """
        if not self._domains:
            return
        domain = _folded((identity.email or "").rpartition("@")[2])
        if not identity.email_verified or domain not in self._domains:
            words = "Only people with a proved mail address of certain domains may sign in this way"
            raise Forbidden(words, details={"reason": "domain_not_allowed"})

    def linked(self, reader: Reader, identity: Identity) -> Row | None:
        """The account that an identity is linked to."""
        return reader.one(_LINKED, issuer=identity.issuer, subject=identity.subject)

    def adopt(self, uow: UnitOfWork, identity: Identity) -> Row:
        """The account of somebody who signs in for the first time: the one with the address, or a new one.

        Raises:
            Forbidden: the provider does not vouch for an address, or strangers get no account.
            Conflict: there is an account with the address, which is not proved here, or which belongs to
                another subject of the provider.
            Raced, IntegrityError: somebody was faster.
        """
        email = _address(identity)
        user = self._accounts.owner(uow, email=email)
        if user is None:
            user = self._create(uow, identity, email)
            self._store(uow, identity, user)
            return user
        if user["status"] in (PENDING, ACTIVE):
            proved = user["email_verified_at"] is not None and _folded(user["email"]) == _folded(email)
            if not proved or self._has_another(uow, identity, user):
                raise _sign_in_first()
            uow.enter(Scope(principal_of(user, None, None)))
            self._store(uow, identity, user)
            self._letters.linked(uow, user, self._settings.name)
        return user  # a closed account stays closed, which is for the caller to say

    def link(self, uow: UnitOfWork, identity: Identity, user_id: str) -> Row:
        """Link an identity to the account of somebody who is signed in.

        Returns:
            The link, also where it was there before.

        Raises:
            Conflict: it is linked to another account.
        """
        found = uow.one(_LINK, issuer=identity.issuer, subject=identity.subject)
        if found is not None:
            if found["user_id"] != user_id:
                words = "This account of the provider is linked to another account here"
                raise Conflict(words, details={"reason": "linked_elsewhere"})
            return found
        user = uow.get(User, user_id)
        link = self._store(uow, identity, user)
        self._letters.linked(uow, user, self._settings.name)
        return link

    def own(self, reader: Reader, user_id: str) -> list[Row]:
        """The links of a user, oldest first; those to the provider of the settings have its `name`."""
        rows = reader.all(_OWN, owner=user_id)
        return [self.shown(row) for row in rows]

    def shown(self, link: Row) -> Row:
        """A link as answers show it: with the provider's id and name, None for a former provider."""
        current = link["issuer"] == self._settings.issuer
        named = {"provider": self._settings.provider, "name": self._settings.name}
        return {**link, **(named if current else dict.fromkeys(named))}

    def unlink(self, uow: UnitOfWork, user_id: str, link_id: str) -> None:
        """Take a link away.

        Raises:
            NotFound: the user has no such link.
            Conflict: it is their last way to sign in.
        """
        user = uow.get(User, user_id, lock=True)  # of two that go at once, one must see the other
        links = {row["id"]: row for row in uow.all(_OWN, owner=user_id)}
        link = links.pop(link_id, None)
        if link is None:
            raise NotFound("You have no such link")
        in_use = any(other["issuer"] == self._settings.issuer for other in links.values())
        if user["password_hash"] is None and not in_use:
            words = (
                "This is your last way to sign in: set a password first (POST /api/v1/auth/password-reset)"
            )
            raise Conflict(words, details={"reason": "last_sign_in"})
        _remove(uow, link)
        self._letters.unlinked(uow, user, self._settings.name)

    def _has_another(self, reader: Reader, identity: Identity, user: Row) -> bool:
        """Whether the provider's account of this user is another one: the address has changed hands there."""
        links = reader.all(_OWN, owner=user["id"])
        return any(
            link["issuer"] == identity.issuer and link["subject"] != identity.subject for link in links
        )

    def _create(self, uow: UnitOfWork, identity: Identity, email: str) -> Row:
        if not self._settings.register:
            words = "There is no account for you here: register first, or ask an administrator for one"
            raise Forbidden(words, details={"reason": "unknown_account"})
        new = NewAccount(
            email, self._free_name(uow, identity, email), None, (identity.full_name or "")[:100] or None
        )
        values = {"status": ACTIVE, "email_verified_at": uow.now, "password_changed_at": None}
        try:
            return self._accounts.create(uow, new, **values)
        except Conflict as error:  # a moment ago address and name were free
            raise Raced from error

    def _free_name(self, reader: Reader, identity: Identity, email: str) -> str:
        """A user name that resembles the one at the provider and that nobody has."""
        base = _username(identity.username or "") or _username(local_part(email)) or "user"
        numbered = [base, *(f"{base[:27]}_{number}" for number in range(2, _FREE_NUMBERS))]
        for name in numbered:
            if not self._accounts.named(reader, "", name):
                return name
        return f"{base[:21]}_{secrets.token_hex(4)}"

    def _store(self, uow: UnitOfWork, identity: Identity, user: Row) -> Row:
        values = {"user_id": user["id"], "issuer": identity.issuer, "subject": identity.subject}
        link = uow.insert(IdentityLink, values)
        uow.publish(IDENTITY_LINKED, user["id"], {"user_id": user["id"]}, private=_private(link))
        return link


def unlink_all(uow: UnitOfWork, user_id: str) -> None:
    """Take away all links of a user, who must have another way to sign in."""
    for link in uow.all(_OWN, owner=user_id):
        _remove(uow, link)


def _remove(uow: UnitOfWork, link: Row) -> None:
    uow.remove(IdentityLink, link)
    uow.publish(IDENTITY_UNLINKED, link["user_id"], {"user_id": link["user_id"]}, private=_private(link))


def _private(link: Row) -> dict[str, str]:
    return {"issuer": link["issuer"], "subject": link["subject"]}


def _address(identity: Identity) -> str:
    """The mail address of an identity, if an account may go by it."""
    if identity.email is None or not identity.email_verified:
        words = (
            "The provider does not say that your mail address is yours: sign in or register with a password "
            "here, and link the provider then"
        )
        raise Forbidden(words, details={"reason": "email_not_verified_by_provider"})
    try:
        email: str = EmailAddress().deserialize(identity.email)
    except ValidationError:
        words = "The provider names a mail address that cannot be used"
        raise Forbidden(words, details={"reason": "email_not_usable"}) from None
    return email


def _folded(text: str) -> str:
    """Addresses and domains as they are trusted: groß.example and gross.example may be two people's.

    `normal`, by which addresses are unique here, makes them one.
    """
    return text.encode(errors="surrogatepass").lower().decode(errors="surrogatepass")


def _username(text: str) -> str | None:
    """What is left of a name when it is made of the characters of user names; None if that is too short."""
    kept = re.sub(r"[^a-z0-9]+", "_", normal(text.partition("@")[0]).lower()).strip("_")[:30]
    return kept if len(kept) >= 3 else None


def _sign_in_first() -> Conflict:
    words = (
        "There is an account with your mail address, which does not show to be yours: sign in with its "
        "password, or set a new one by mail, and link the provider then"
    )
    return Conflict(words, details={"reason": "account_exists"})
