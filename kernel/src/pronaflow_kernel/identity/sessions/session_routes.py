"""Sessions over HTTP, under `/api/v1/auth` (modules.md 1.1)."""

from __future__ import annotations

from functools import partial

from ...web.blueprint import Blueprint
from ..schemas import Confirmation
from .session_handlers import SessionHandlers
from .session_schemas import RevokedOut, RevokeIn, SessionsOut, StepUpIn, StepUpOut


def add_sessions(blp: Blueprint, do: SessionHandlers) -> None:
    """Add the routes to the blueprint of identity."""
    blp.endpoint("GET", "/sessions", permission="account.read", returns=SessionsOut)(do.list_sessions)
    post = partial(blp.endpoint, "POST", permission="account.update")
    post("/sessions/revoke", body=RevokeIn, returns=Confirmation)(do.revoke_session)
    post("/sessions/revoke-all", returns=RevokedOut)(do.revoke_all_sessions)
    post("/step-up", body=StepUpIn, returns=StepUpOut, writes=False)(do.step_up)
