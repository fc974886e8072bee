"""How the kernel's own records are made: workspaces, users, and the tokens that come by mail."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from ...identity.models import User
from ...identity.password_hashes import PasswordHashes
from ...persistence.scope import Scope
from .bodies import PASSWORD
from .party import LEFT_OUT, Party


def _workspace(party: Party) -> str:
    """The party's workspace, its texts marked by every operation that changes nothing but it."""
    for operation in party.makers.operations.values():
        ids = [party.makers.kind(operation, key) for _, key in operation.ids]
        if operation.method == "PATCH" and ids == ["workspace"]:
            party.create(operation.id, **{operation.ids[0][1]: party.workspace_id})
    return party.workspace_id


def _newcomer(party: Party) -> str:
    """A member of the workspace who is in no container."""
    person = party.world.person(party.name)
    party.world.join(party.workspace_id, person, "member")
    return person.id


def _member(party: Party) -> str:
    """A member of the workspace and of the party's containers."""
    user_id = _newcomer(party)
    for operation, key in party.makers.memberships:
        if "workspace" not in operation.records.values():
            party.create(operation.id, **{key: user_id})
    return user_id


MAKERS: dict[str, Callable[[Party], str]] = {
    "workspace": _workspace,
    "user": _member,
    "user:second": _newcomer,
    "user:caller": lambda party: party.person.id,
    "user:stranger": lambda party: party.world.person(party.name).id,
}
"""By kind; every one of them before what the document tells."""


def _mailed(operation_id: str, **further: Any) -> Callable[[Party], dict[str, Any]]:
    """A new account and the token that an operation mails to it."""

    def ask(party: Party) -> dict[str, Any]:
        anybody = Party(party.world, party.makers, party.mark, name=party.name)
        account = anybody.create("core_register")
        body = {"email": account["email"]}
        asking = party.makers.operations[operation_id]
        anybody.send(asking, {"path": {}, "query": {}, "header": {}, "body": body})
        return {"user_id": account["id"], "token": _token(party, account["email"]), **further}

    return ask


def _invited(party: Party) -> dict[str, Any]:
    """The token of an invitation that somebody else mails to the caller."""
    host = Party(party.world, party.makers, party.mark, name=party.name)
    host.create("workspaces_invite", email=party.person.email)
    return {"token": _token(party, party.person.email)}


def _with_password(party: Party, **further: Any) -> dict[str, Any]:
    """The caller signs in with `PASSWORD`; people of a `World` have none at first."""
    kernel = party.world.kernel
    with kernel.db.write(Scope.system()) as uow:
        user = uow.get(User, party.person.id)
        if user["password_hash"] is None:
            made = PasswordHashes(kernel.settings.auth).make(PASSWORD)
            uow.update(User, user, {"password_hash": made})
    return further


def _signing_in(party: Party) -> dict[str, Any]:
    """Address and password of the caller."""
    return _with_password(party, email=party.person.email, username=LEFT_OUT)


def _signed_in(party: Party) -> dict[str, Any]:
    """The refresh token of a further session of the caller."""
    return {"refresh_token": party.create("core_login")["refresh_token"]}


def _visitor(party: Party) -> dict[str, Any]:
    """The caller has been in a workspace."""
    party.create("workspaces_record_access", workspace_id=party.workspace_id)
    return {}


def _switched(party: Party) -> dict[str, Any]:
    """A plugin whose switch nobody minds, in the party's workspace only."""
    return {"plugin_id": list(party.world.kernel.plugins)[-1]}


def _token(party: Party, address: str) -> str:
    """The secret in the newest mail to an address."""
    party.world.drain()
    mail = party.world.outbox.to(address)[-1]
    token = re.search(r"^token: (\S+)$", mail.text, re.MULTILINE)
    assert token is not None
    return token[1]


REQUESTS: dict[str, Callable[[Party], dict[str, Any]]] = {
    "core_verify_email": _mailed("core_resend_verification"),
    "core_resend_verification": lambda party: {"email": LEFT_OUT},
    "core_login": _signing_in,
    "core_refresh": _signed_in,
    "core_change_password": lambda party: _with_password(party, new_password=f"{PASSWORD}y"),
    "core_reset_password": _mailed("core_request_reset", new_password=f"{PASSWORD}y"),
    "workspaces_accept_invitation": _invited,
    "workspaces_decline_invitation": _invited,
    "workspaces_get_last_accessed": _visitor,
    "core_get_plugin": _switched,
    "core_enable_plugin": _switched,
    "core_disable_plugin": _switched,
    "core_get_hook": lambda party: {"name": next(iter(party.world.kernel.hooks.specs()))},
}
"""Values by operation id."""
