"""Accounts: how they begin, the proof of the mail address, the profile."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, select

from ..errors import Conflict
from ..persistence.scope import Scope
from ..persistence.types import Id
from ..persistence.uow import Reader, Row, UnitOfWork
from ..settings.schema import AuthSettings
from ..tenancy.service import create_workspace
from . import one_time
from .events import USER_REGISTERED, USER_UPDATED, USER_VERIFIED
from .letters import Letters
from .models import User
from .names import first_workspace, normal
from .sessions.access_tokens import principal_of, system_roles

PENDING, ACTIVE = "pending_verification", "active"

_NAMED = select(User.__table__).where(
    (User.email_norm == bindparam("email")) | (User.username_norm == bindparam("username"))
)
_OWNER = select(User.__table__).where(
    (User.email_norm == bindparam("email")) | (User.id == bindparam("owner", type_=Id()))
)


@dataclass(frozen=True, slots=True)
class NewAccount:
    """What an account begins with.

    Arguments:
        email, username: checked, as their owner writes them.
        password_hash: from `PasswordHashes`; None for who signs in another way.
        full_name: if given.
        language: of the mails about the registration, where one was asked for; nobody has chosen it for good.
    """

    email: str
    username: str
    password_hash: str | None
    full_name: str | None = None
    language: str | None = None


class Accounts:
    """Makes and keeps accounts.

    Arguments:
        auth: which accounts must prove their address, and what registration may tell.
        letters: mails to owners.
    """

    def __init__(self, auth: AuthSettings, letters: Letters) -> None:
        self._auth = auth
        self._letters = letters

    @property
    def must_prove_address(self) -> bool:
        """Whether an account is closed until its mail address is proved.

        Hiding existing accounts demands it: an account that opens at once tells that the address was free.
        """
        return bool(self._auth.require_email_verification) or self._auth.hide_existing_accounts

    def named(self, reader: Reader, email: str, username: str) -> list[Row]:
        """The accounts with this address or this user name: none, one or two."""
        return reader.all(_NAMED, email=normal(email), username=normal(username))

    def owner(self, reader: Reader, *, email: str | None = None, user_id: str | None = None) -> Row | None:
        """The account with this address, or this id."""
        return reader.one(_OWNER, email=None if email is None else normal(email), owner=user_id)

    def open(self, uow: UnitOfWork, new: NewAccount) -> Row:
        """Make an account of somebody's own, and ask for the proof of its address where that is demanded.

        Raises:
            Conflict: address or user name are taken.
        """
        if not self.must_prove_address:
            return self.create(uow, new, status=ACTIVE)
        user = self.create(uow, new, status=PENDING)
        self.ask_for_proof(uow, user, new.language)
        return user

    def create(self, uow: UnitOfWork, new: NewAccount, **values: Any) -> Row:
        """Make an account and its owner's first workspace (modules.md 1.3); the unit of work is in it then.

        Arguments:
            values: further columns of `User`.

        Raises:
            Conflict: address or user name are taken.
        """
        _refuse_taken(new, self.named(uow, new.email, new.username))
        user = uow.insert(
            User,
            {
                "email": new.email,
                "email_norm": normal(new.email),
                "username": new.username,
                "username_norm": normal(new.username),
                "full_name": new.full_name,
                "password_hash": new.password_hash,
                "password_changed_at": uow.now,
                **values,
            },
        )
        if uow.scope.principal.kind == "anonymous":
            uow.enter(Scope(principal_of(user, None, None)))
        uow.publish(USER_REGISTERED, user["id"], {"user_id": user["id"]})
        workspace = {"name": first_workspace(new.username), "workspace_type": "personal"}
        create_workspace(uow, user["id"], workspace)
        return user

    def ask_for_proof(self, uow: UnitOfWork, user: Row, language: str | None) -> None:
        """Mail the owner a link that proves the address, unless enough such links work already.

        Arguments:
            language: that was asked for, if any.
        """
        seconds = self._auth.verification_ttl
        token = one_time.issue_beside(uow, one_time.VERIFY_EMAIL, seconds, user["id"])
        if token is not None:
            self._letters.verification(uow, user, token, seconds, language)

    def verify_email(self, uow: UnitOfWork, user_id: str, token: str) -> None:
        """Take a token from a mail as proof of the address.

        Raises:
            InvalidRequest: the token does not work (any more).
        """
        one_time.use(uow, one_time.VERIFY_EMAIL, token, user_id)
        self.prove_address(uow, uow.get(User, user_id, lock=True))

    def prove_address(self, uow: UnitOfWork, user: Row) -> Row:
        """Note that the owner gets mail at the address; an account that waited for it opens."""
        uow.enter(Scope(principal_of(user, None, None)))
        if user["email_verified_at"] is not None:
            return user
        uow.publish(USER_VERIFIED, user["id"], {"user_id": user["id"]})
        status = ACTIVE if user["status"] == PENDING else user["status"]
        return uow.update(User, user, {"email_verified_at": uow.now, "status": status}).row

    def update_profile(self, uow: UnitOfWork, user_id: str, changes: Mapping[str, Any]) -> Row:
        """Change one's own profile.

        Arguments:
            changes: of `full_name`, `username`, `avatar_url`, `job_title`.

        Raises:
            Conflict: the user name is taken.
        """
        user = uow.get(User, user_id, lock=True)
        values = dict(changes)
        if "username" in values:
            values["username_norm"] = normal(values["username"])
            others = [row for row in self.named(uow, "", values["username"]) if row["id"] != user_id]
            if others:
                raise _taken(["username"])
        update = uow.update(User, user, values)
        if update.changes:
            changed = {name: update.changes[name] for name in changes if name in update.changes}
            payload = {"user_id": user_id, "fields_changed": sorted(changed)}
            uow.publish(USER_UPDATED, user_id, payload, private={"changes": changed})
        return shown(update.row)


def shown(user: Row) -> Row:
    """A user as answers show it: with `roles`."""
    return {**user, "roles": system_roles(user)}


def _refuse_taken(new: NewAccount, found: list[Row]) -> None:
    theirs = {"email": normal(new.email), "username": normal(new.username)}
    fields = [name for name, value in theirs.items() if any(user[f"{name}_norm"] == value for user in found)]
    if fields:
        raise _taken(fields)


def _taken(fields: list[str]) -> Conflict:
    """The 409 for values that others have, in the form of a 422 (modules.md 1.4)."""
    words = {"email": "This mail address has an account already.", "username": "This user name is taken."}
    errors = [{"field": name, "message": words[name], "code": "taken"} for name in fields]
    message = " ".join(words[name] for name in fields)
    return Conflict(message, details={"field": fields[0], "reason": errors[0]["message"], "errors": errors})
