"""Identity over HTTP: module 1 under `/api/v1/auth` (modules.md 1.1)."""

from __future__ import annotations

from ..kernel import Kernel
from ..web.blueprint import PUBLIC, Blueprint
from .access_tokens import AccessTokens
from .handlers import Handlers
from .schemas import (
    AccountOut,
    LoginIn,
    LoginOut,
    Message,
    PasswordChangeIn,
    ProfileIn,
    ProofIn,
    RefreshIn,
    RegisterIn,
    ResendIn,
    ResetConfirmIn,
    ResetIn,
    SetupIn,
    TokensOut,
    UserOut,
)


def build(kernel: Kernel, tokens: AccessTokens) -> Blueprint:
    """The blueprint under `/api/v1/auth`."""
    blp = Blueprint("core", url_prefix="/api/v1/auth", tag="Identity", name="auth")
    do = Handlers(kernel, tokens)
    _add_registration(blp, do)
    _add_sessions(blp, do)
    _add_profile(blp, do)
    _add_passwords(blp, do)
    return blp


def _add_registration(blp: Blueprint, do: Handlers) -> None:
    new = RegisterIn(do.rule)
    register = blp.endpoint(
        "POST", "/register", permission=PUBLIC, body=new, returns=AccountOut, status=201, writes=False
    )
    register(do.register)
    blp.endpoint("POST", "/verify-email", permission=PUBLIC, body=ProofIn, returns=Message)(do.verify_email)
    resend = blp.endpoint("POST", "/resend-verification", permission=PUBLIC, body=ResendIn, returns=Message)
    resend(do.resend_verification)
    first = SetupIn(do.rule)
    setup = blp.endpoint(
        "POST", "/setup", permission=PUBLIC, body=first, returns=AccountOut, status=201, writes=False
    )
    setup(do.setup)


def _add_sessions(blp: Blueprint, do: Handlers) -> None:
    login = blp.endpoint(
        "POST", "/login", permission=PUBLIC, body=LoginIn, returns=LoginOut, writes=False
    )
    login(do.login)
    refresh = blp.endpoint(
        "POST", "/refresh", permission=PUBLIC, body=RefreshIn, returns=TokensOut, writes=False
    )
    refresh(do.refresh)
    blp.endpoint("POST", "/logout", permission="account.update", returns=Message)(do.logout)


def _add_profile(blp: Blueprint, do: Handlers) -> None:
    blp.endpoint("GET", "/me", permission="account.read", returns=UserOut)(do.me)
    blp.endpoint("PATCH", "/me", permission="account.update", body=ProfileIn, returns=UserOut)(do.update_me)


def _add_passwords(blp: Blueprint, do: Handlers) -> None:
    change = blp.endpoint(
        "POST",
        "/password-change",
        permission="account.update",
        body=PasswordChangeIn,
        returns=Message,
        writes=False,
    )
    change(do.change_password)
    reset = blp.endpoint("POST", "/password-reset", permission=PUBLIC, body=ResetIn, returns=Message)
    reset(do.request_reset)
    confirm = blp.endpoint(
        "POST",
        "/password-reset/confirm",
        permission=PUBLIC,
        body=ResetConfirmIn,
        returns=Message,
        writes=False,
    )
    confirm(do.reset_password)
