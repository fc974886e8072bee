"""Identity over HTTP: module 1 under `/api/v1/auth` (modules.md 1.1)."""

from __future__ import annotations

from functools import partial

from ..kernel import Kernel
from ..web.blueprint import PUBLIC, Blueprint
from .handlers import Handlers
from .leaving.erasure_routes import add_erasure
from .mfa.routes import add_mfa
from .oidc.routes import add_outside_sign_in
from .schemas import (
    AccountOut,
    Confirmation,
    LoginIn,
    LoginOut,
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
from .sessions.access_tokens import AccessTokens
from .sessions.session_routes import add_sessions


def build(kernel: Kernel, tokens: AccessTokens) -> Blueprint:
    """The blueprint under `/api/v1/auth`."""
    summary = "Accounts, sign-in and passwords"
    blp = Blueprint("core", url_prefix="/api/v1/auth", tag="Identity", summary=summary, name="auth")
    do = Handlers(kernel, tokens)
    _add_registration(blp, do)
    _add_sessions(blp, do)
    _add_profile(blp, do)
    _add_passwords(blp, do)
    add_sessions(blp, do.own_sessions)
    add_mfa(blp, do.mfa)
    add_erasure(blp, do.erasure)
    add_outside_sign_in(blp, do.outside)
    return blp


def _add_registration(blp: Blueprint, do: Handlers) -> None:
    post = partial(blp.endpoint, "POST", permission=PUBLIC)
    account = partial(post, returns=AccountOut, status=201, writes=False)
    account("/register", body=RegisterIn(do.rule))(do.register)
    account("/setup", body=SetupIn(do.rule))(do.setup)
    post("/verify-email", body=ProofIn, returns=Confirmation)(do.verify_email)
    post("/resend-verification", body=ResendIn, returns=Confirmation)(do.resend_verification)


def _add_sessions(blp: Blueprint, do: Handlers) -> None:
    post = partial(blp.endpoint, "POST", permission=PUBLIC, writes=False)
    post("/login", body=LoginIn, returns=LoginOut)(do.login)
    post("/refresh", body=RefreshIn, returns=TokensOut)(do.refresh)
    blp.endpoint("POST", "/logout", permission="account.update", returns=Confirmation)(do.logout)


def _add_profile(blp: Blueprint, do: Handlers) -> None:
    blp.endpoint("GET", "/me", permission="account.read", returns=UserOut)(do.me)
    blp.endpoint("PATCH", "/me", permission="account.update", body=ProfileIn, returns=UserOut)(do.update_me)


def _add_passwords(blp: Blueprint, do: Handlers) -> None:
    post = partial(blp.endpoint, "POST", returns=Confirmation)
    own = partial(post, permission="account.update", writes=False)
    own("/password-change", body=PasswordChangeIn)(do.change_password)
    post("/password-reset", permission=PUBLIC, body=ResetIn)(do.request_reset)
    anybody = partial(post, permission=PUBLIC, writes=False)
    anybody("/password-reset/confirm", body=ResetConfirmIn)(do.reset_password)
