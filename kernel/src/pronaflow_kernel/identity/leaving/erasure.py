"""Forgetting a user (modules.md, section 8 item 13): all in one transaction, or nothing.

The account stays, without a name, as what comments and audit rows refer to. Everything that tells who it was
goes: profile, address and ways to sign in, sessions with their addresses, the personal values beside the
ledger, workspaces of the user alone, and what plugins hold. Tables of the kernel whose rows are a user's
alone say so by a foreign key with `ON DELETE CASCADE`, and are found by it.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import bindparam, delete, select

from ...errors import Conflict, NotFound
from ...events.erasure import forget_person, personal_values
from ...models import CoreBase
from ...persistence.types import Id
from ...persistence.uow import Reader, Row, UnitOfWork
from ...tenancy.rule import unscoped
from ...web.idempotency import forget_user
from ..accounts import ACTIVE
from ..events import USER_DELETED, USER_UPDATED
from ..letters import Letters, Recipient
from ..models import User
from ..parts import Parts
from . import departure
from .certificate import certificate, counting
from .departure import Departure
from .personal_data import unheard

DELETED = "deleted"
"""Status of an account whose user is forgotten."""
NAME = "Deleted User"
"""What such an account is called (modules.md, section 8 item 13)."""

# In one order everywhere: two administrators who go at once do not wait for each other for ever.
_ADMINS = (
    select(User.id).where(User.is_system_admin, User.status == ACTIVE).order_by(User.id).with_for_update()
)
_OTHER_ADMIN = (
    select(User.id)
    .where(User.is_system_admin, User.status == ACTIVE, User.id != bindparam("owner", type_=Id()))
    .limit(1)
)


class FarewellLetters(Letters):
    """The last mail."""

    def erased(self, uow: UnitOfWork, user: Recipient, by: str, language: str) -> None:
        """Tell somebody that the account is gone.

        Arguments:
            user: as it was; by: `owner` or `operator`; language: that they read, which is forgotten by now.
        """
        if by == "owner":
            text = (
                "Your account {username} was deleted, as you asked, and with it your profile, your sessions "
                "and the workspaces that were yours alone.\n\n"
                "What you wrote in workspaces of others stays there, without your name. "
                "This is our last mail.\n"
            )
        else:
            text = (
                "Your account {username} was deleted by whoever runs this server, and with it your profile, "
                "your sessions and the workspaces that were yours alone.\n\n"
                "What you wrote in workspaces of others stays there, without your name. "
                "This is our last mail.\n"
            )
        self._write(uow, user, "Your account was deleted", text, language=language)


class Erasure:
    """Forgets users.

        with kernel.db.write(Scope.system()) as uow:
            Erasure(Parts(kernel)).erase(uow, user_id, "operator")

    Arguments:
        parts: of identity.
    """

    def __init__(self, parts: Parts) -> None:
        self._kernel = parts.kernel
        self._lockout, self._factors = parts.lockout, parts.factors
        self._letters = parts.letters_of(FarewellLetters)

    def erase(self, uow: UnitOfWork, user_id: str, by: str) -> dict[str, Any]:
        """Forget a user, and answer the certificate; nothing may be committed if this raises.

        Arguments:
            uow: in no workspace.
            by: `owner` or `operator`, for the ledger and the last mail.

        Raises:
            NotFound: there is no such user, or they are forgotten already.
            Conflict: `details.reason` is `sole_owner`, with the workspaces; `last_admin`; or `plugin_off`,
                with the plugins that hold something and cannot be asked.
            PluginFailed: a plugin could not forget; `details.plugin` names it.
            KernelError: a plugin refuses.
        """
        user = _held(uow, user_id)
        if user["status"] == DELETED:
            raise NotFound(f"User {user_id} was not found")
        language, usernames = self._letters.language(uow, user), _usernames(uow, user)
        leaving = departure.plan(uow, user_id)
        self._refuse(uow, user, leaving)
        with counting(uow.connection) as rows:
            words = self._forget(uow, user, leaving, usernames)
        uow.publish(USER_DELETED, user_id, {"user_id": user_id, "by": by})
        self._letters.erased(uow, user, by, language)
        letters = self._kernel.mail.forget(uow, user["email"], _names(user, usernames))
        gone = [place["id"] for place in leaving.alone]
        kept = self._kernel.hooks.collect_user_data(uow, user_id)
        at = uow.now.isoformat().replace("+00:00", "Z")
        return certificate(user_id, by, at, rows, gone, words, kept, letters)

    def _forget(self, uow: UnitOfWork, user: Row, leaving: Departure, usernames: set[str]) -> dict[str, str]:
        """Do it, and answer what plugins say of free text."""
        user_id = user["id"]
        # First, while plugins can still look up by which address they know the user.
        said = self._kernel.hooks.erase_user_data(uow, user_id)
        departure.leave(uow, user_id, leaving, usernames)
        forget_user(uow, user_id, [place["id"] for place in leaving.all], _names(user, usernames))
        forget_person(uow, user_id, user["email"])
        for forget in _forgetting():
            uow.execute(forget, owner=user_id)
        self._lockout.lift(uow, user)
        self._factors.lift(uow, user_id)
        uow.update(User, user, _anonymous(user))
        return said

    def _refuse(self, reader: Reader, user: Row, leaving: Departure) -> None:
        if leaving.orphaned:
            names = ", ".join(place["name"] for place in leaving.orphaned)
            workspaces = [{"id": place["id"], "name": place["name"]} for place in leaving.orphaned]
            words = f"Others work in {names}, which nobody else owns: hand it over or delete it first"
            raise Conflict(words, details={"reason": "sole_owner", "workspaces": workspaces})
        if user["is_system_admin"] and reader.one(_OTHER_ADMIN, owner=user["id"]) is None:
            words = "This is the last administrator: make another one first, by `pronaflow admin create`"
            raise Conflict(words, details={"reason": "last_admin"})
        if off := unheard(self._kernel, "erase_user_data"):
            words = (
                f"Plugins that may hold something cannot be asked to erase it: {', '.join(off)}. "
                "Whoever runs this server must switch them on, or uninstall them with their data"
            )
            raise Conflict(words, details={"reason": "plugin_off", "plugins": off})


def _held(uow: UnitOfWork, user_id: str) -> Row:
    """The user, held until the commit; administrators with all others, so that the last one is found out."""
    if uow.get(User, user_id)["is_system_admin"]:
        uow.all(_ADMINS)
    return uow.get(User, user_id, lock=True)


@cache
def _forgetting() -> list[Any]:
    """Statements that remove the rows of a user from the kernel's tables, referring tables first."""
    metadata = CoreBase.metadata
    owner = bindparam("owner", type_=Id())
    return [
        unscoped("a user is forgotten in all workspaces", delete(table).where(key.parent == owner))
        for table in reversed(metadata.sorted_tables)
        for key in table.foreign_keys
        if key.ondelete == "CASCADE" and key.target_fullname == "core__user.id"
    ]


def names_of(reader: Reader, user_id: str) -> list[str]:
    """Mail address, full name and all user names that a user ever had."""
    user = reader.get(User, user_id)
    return _names(user, _usernames(reader, user))


def _names(user: Row, usernames: set[str]) -> list[str]:
    return [name for name in (user["email"], user["full_name"], *sorted(usernames)) if name]


def _usernames(reader: Reader, user: Row) -> set[str]:
    """All user names that a user ever had."""
    found = {user["username"]}
    for row in personal_values(reader, user["id"]):
        if row["type"] == USER_UPDATED.name:
            found |= set(row["data"].get("changes", {}).get("username", {}).values())
    return found


def _anonymous(user: Row) -> Row:
    """The columns of an account that tells nothing; address and user name only keep it apart from others.

    Nobody can register them: a dot is in no user name, and a domain has one. Ids are known to others, who
    could else take the names beforehand and so keep somebody from leaving.
    """
    username = f"deleted.{user['id'].replace('-', '')[-22:]}"
    email = f"{user['id']}@invalid"
    nothing = dict.fromkeys(
        (
            "password_hash",
            "password_changed_at",
            "email_verified_at",
            "avatar_url",
            "job_title",
            "last_login_at",
            "last_workspace_id",
            "last_workspace_at",
        )
    )
    return {
        **nothing,
        "email": email,
        "email_norm": email,
        "username": username,
        "username_norm": username,
        "full_name": NAME,
        "status": DELETED,
        "is_system_admin": False,
        "mfa_enabled": False,
        "token_epoch": user["token_epoch"] + 1,
    }
