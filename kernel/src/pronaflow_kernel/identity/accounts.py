"""Accounts: registration, proof of the mail address, profile.

What somebody without a credential asks for and must not learn from is done after the answer: mails, and where
accounts are hidden the registration itself. So the answer looks the same and takes as long whether or not
there is such an account (security.md 2.10). A server that dies at that moment has promised no more than a
mail, and whoever waits for it in vain asks again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.exc import IntegrityError

from ..errors import Conflict
from ..persistence.scope import Scope
from ..persistence.types import Id
from ..persistence.uow import Database, Reader, Row, UnitOfWork
from ..settings.schema import AuthSettings
from ..tenancy.service import create_workspace
from . import one_time
from .events import REGISTRATION_REFUSED, USER_REGISTERED, USER_UPDATED, USER_VERIFIED
from .guessing.attempts import Attempts, Limit
from .letters import Letters
from .models import User
from .names import first_workspace, normal
from .sessions.access_tokens import principal_of, system_roles

PENDING, ACTIVE = "pending_verification", "active"

TOLD = Limit("registration.told", most=5, within=timedelta(hours=1))
"""How many mails an address gets about registrations that were refused: anybody can name any address."""

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
    """

    email: str
    username: str
    password_hash: str | None
    full_name: str | None = None


class Accounts:
    """Makes and keeps accounts.

    Arguments:
        auth: which accounts must prove their address, and what registration may tell.
        letters: mails to owners.
        db: for mails that are prepared after an answer.
        attempts: count mails that strangers cause.
    """

    def __init__(self, auth: AuthSettings, letters: Letters, db: Database, attempts: Attempts) -> None:
        self._auth = auth
        self._letters = letters
        self._db = db
        self._attempts = attempts

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

    def register(self, uow: UnitOfWork, new: NewAccount) -> Row:
        """Make an account of somebody's own; where accounts are hidden, the answer tells only what was sent.

        Raises:
            Conflict: address or user name are taken, unless that is hidden.
        """
        if not self._auth.hide_existing_accounts:
            return shown(self._open(uow, new))
        uow.after_commit(lambda: self._register_unseen(new))
        return _echo(new, uow.now)

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

    def request_verification(self, uow: UnitOfWork, email: str | None, user_id: str | None) -> None:
        """Mail the owner a new link after the answer, if there is an account whose address is unproved."""
        uow.after_commit(lambda: self._mail_verification(email, user_id))

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

    def _register_unseen(self, new: NewAccount) -> None:
        """Open the account, or tell by mail why there will be none."""
        try:
            self._open_or_tell(new)
        except (Conflict, IntegrityError):
            # Somebody took the address or the name at this very moment; now it is found like any other.
            self._open_or_tell(new)

    def _open_or_tell(self, new: NewAccount) -> None:
        with self._db.write(Scope.nobody()) as uow:
            found = self.named(uow, new.email, new.username)
            if found:
                self._tell_by_mail(uow, new, found)
            else:
                self._open(uow, new)

    def _open(self, uow: UnitOfWork, new: NewAccount) -> Row:
        if not self.must_prove_address:
            return self.create(uow, new, status=ACTIVE)
        user = self.create(uow, new, status=PENDING)
        self._ask_for_proof(uow, user)
        return user

    def _ask_for_proof(self, uow: UnitOfWork, user: Row) -> None:
        seconds = self._auth.verification_ttl
        token = one_time.issue_beside(uow, one_time.VERIFY_EMAIL, seconds, user["id"])
        if token is not None:
            self._letters.verification(uow, user, token, seconds)

    def _mail_verification(self, email: str | None, user_id: str | None) -> None:
        with self._db.write(Scope.system(), origin="system") as uow:
            user = self.owner(uow, email=email, user_id=user_id)
            if user and user["email_verified_at"] is None and user["status"] in (PENDING, ACTIVE):
                self._ask_for_proof(uow, user)

    def _tell_by_mail(self, uow: UnitOfWork, new: NewAccount, found: list[Row]) -> None:
        owner = next((user for user in found if user["email_norm"] == normal(new.email)), None)
        user, reason = (owner, "email_taken") if owner else (found[0], "username_taken")
        uow.publish(REGISTRATION_REFUSED, user["id"], {"user_id": user["id"], "reason": reason})
        if self._attempts.reserve(uow, TOLD, normal(new.email)):
            return
        if owner:
            self._letters.registered_before(uow, owner)
        else:
            self._letters.username_taken(uow, new.email, new.username)


def shown(user: Row) -> Row:
    """A user as answers show it: with `roles`."""
    return {**user, "roles": system_roles(user)}


def _echo(new: NewAccount, now: datetime) -> Row:
    """The answer to a registration that tells nothing of accounts: what was sent."""
    return {
        "id": None,
        "email": new.email,
        "username": new.username,
        "full_name": new.full_name,
        "status": PENDING,
        "email_verified_at": None,
        "roles": [],
        "created_at": now,
    }


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
