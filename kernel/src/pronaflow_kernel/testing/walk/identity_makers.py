"""What the routes of identity need: passwords, factors, sessions, and tokens that come by mail."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pyotp

from ...identity.models import IdentityLink, User
from ...identity.passwords.password_hashes import PasswordHashes
from ...ids import new_id
from ...persistence.scope import Scope
from .bodies import PASSWORD
from .party import LEFT_OUT, Party

_CODES = {"totp_code": LEFT_OUT, "otp_code": LEFT_OUT, "backup_code": LEFT_OUT}
"""No code of a second factor."""


def _mailed(operation_id: str, **further: Any) -> Callable[[Party], dict[str, Any]]:
    """A new account and the token that an operation mails to it."""

    def ask(party: Party) -> dict[str, Any]:
        anybody = Party(party.world, party.makers, party.mark, name=party.name)
        account = anybody.create("core_register")
        body = {"email": account["email"]}
        asking = party.makers.operations[operation_id]
        anybody.send(asking, {"path": {}, "query": {}, "header": {}, "body": body})
        return {"user_id": account["id"], "token": mailed_token(party, account["email"]), **further}

    return ask


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


def _enrolled(party: Party) -> dict[str, Any]:
    """The first code of an authenticator app that the caller sets up."""
    _with_password(party)
    shown = party.create("core_enable")
    party.kept["recovery codes"] = shown["backup_codes"]
    code = pyotp.TOTP(shown["secret"]).at(party.world.clock.now())
    return {**_CODES, "totp_code": code}


def _with_factor(party: Party) -> dict[str, Any]:
    """A recovery code of the caller, who has a second factor."""
    if "recovery codes" not in party.kept:
        party.create("core_confirm")
    return {**_CODES, "password": PASSWORD, "backup_code": party.kept["recovery codes"][0]}


def _second_step(party: Party) -> dict[str, Any]:
    """A sign-in of the caller that waits for the second step."""
    code = {name: value for name, value in _with_factor(party).items() if name != "password"}
    begun = party.create("core_login")
    return {**code, "mfa_token": begun["mfa_token"], "session_id": LEFT_OUT, "email": LEFT_OUT}


def _session(party: Party) -> str:
    """A further session of the caller."""
    before = _sessions(party)
    party.world.token(party.person.id)
    return (_sessions(party) - before).pop()


def _sessions(party: Party) -> set[str]:
    shown = party.person.get("/api/v1/auth/sessions").data["sessions"]
    return {str(session["session_id"]) for session in shown}


def _identity(party: Party) -> str:
    """An account of the caller's at a provider, beside the password."""
    _with_password(party)
    row = {"user_id": party.person.id, "issuer": "https://accounts.example.com", "subject": new_id()}
    with party.world.kernel.db.write(Scope.system()) as uow:
        return str(uow.insert(IdentityLink, row)["id"])


def mailed_token(party: Party, address: str) -> str:
    """The secret in the newest mail to an address."""
    party.world.drain()
    mail = party.world.outbox.to(address)[-1]
    token = re.search(r"^token: (\S+)$", mail.text, re.MULTILINE)
    assert token is not None
    return token[1]


MAKERS: dict[str, Callable[[Party], str]] = {"session": _session, "identity": _identity}
"""By kind."""

REQUESTS: dict[str, Callable[[Party], dict[str, Any]]] = {
    "core_verify_email": _mailed("core_resend_verification"),
    "core_resend_verification": lambda party: {"email": LEFT_OUT},
    "core_login": _signing_in,
    "core_refresh": _signed_in,
    "core_change_password": lambda party: _with_password(party, new_password=f"{PASSWORD}y"),
    "core_reset_password": _mailed("core_request_reset", new_password=f"{PASSWORD}y"),
    "core_step_up": lambda party: _with_password(party, **_CODES),
    "core_delete_me": lambda party: _with_password(party, password=PASSWORD, **_CODES),
    "core_confirm": _enrolled,
    "core_verify": _second_step,
    "core_backup_codes": lambda party: _with_factor(party) and {},
    "core_disable": _with_factor,
    "core_regenerate": _with_factor,
    "core_start_outside_sign_in": lambda party: {
        "provider": "none",
        "redirect_uri": "https://app.example.com/",
    },
    "core_finish_outside_sign_in": lambda party: {"provider": "none"},
    "core_link_identity": lambda party: {"provider": "none"},
}
"""Values by operation id; at a provider nobody signs in who has not gone there first."""
