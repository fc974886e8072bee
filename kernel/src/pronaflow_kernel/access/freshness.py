"""Step-up: some things are done only shortly after a person has proved who they are (security.md 2.6).

A stolen access token or an unlocked screen is then not enough to give a workspace away. What routes ask for
it, their declaration says: `endpoint(..., fresh=600)`.
"""

from __future__ import annotations

from datetime import datetime

from ..errors import Forbidden
from .principal import Principal

STEP_UP = "/api/v1/auth/step-up"
"""Where people prove again who they are."""


def demand_fresh(principal: Principal, max_age: int, now: datetime) -> None:
    """Refuse unless the caller has proved who they are lately.

    Arguments:
        max_age: seconds since `Principal.auth_time` within which that counts.

    Raises:
        Forbidden: it was longer ago, with `details.reason` `step_up_required`; or the caller is a machine,
            which has nothing to prove it with, with `session_required`.
    """
    if principal.auth_time is None:
        words = "Only a person may do this, in a session with a recent sign-in: a token is not enough"
        raise Forbidden(words, details={"reason": "session_required", "max_age": max_age})
    if (now - principal.auth_time).total_seconds() > max_age:
        words = f"Prove again that it is you, then repeat the request: POST {STEP_UP} with your password"
        raise Forbidden(words, details={"reason": "step_up_required", "max_age": max_age})
