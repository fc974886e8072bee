"""A plugin whose tokens have tiers; a tier belongs to the workspace, and all its tokens share one bucket."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from flask import Response

from pronaflow_kernel import api

PLANS = {"free": 60, "pro": 1000, "enterprise": 5000}

blp = api.Blueprint("gate", url_prefix="/gate", tag="Gate")


@blp.endpoint("GET", "/open", permission=api.PUBLIC)
def stand_open(reader: api.Reader) -> api.Answer:
    """Let anybody in."""
    return api.Answer(message="Open")


@blp.endpoint("GET", "/fall", permission=api.PUBLIC)
def fall(reader: api.Reader) -> None:
    """Fall down."""
    raise RuntimeError("the gate fell")


def as_text(error: api.KernelError, now: datetime) -> Response:
    """An error as one line of text, without any of its headers."""
    return Response(error.message, error.status, mimetype="text/plain")


class GatePlugin(api.Plugin):
    """Tokens are `key-<tier>-<workspace>-<number>`."""

    @api.hookimpl
    def pick_principal(self, reader: api.Reader, credential: str) -> api.Principal | None:
        """Believe what the token says."""
        kind, _, rest = credential.partition("-")
        if kind != "key":
            return None
        tier, workspace, _ = rest.split("-")
        return api.Principal("token", username=tier, workspace_id=workspace)

    @api.hookimpl
    def pick_rate_limit(self, reader: api.Reader, principal: api.Principal) -> api.RateLimit | None:
        """The plan of the workspace; a plan that nobody knows raises."""
        if principal.kind != "token":
            return None
        tier = principal.username or ""
        return api.RateLimit(PLANS[tier], tier, f"workspace:{principal.workspace_id}")

    @api.hookimpl
    def provide_blueprints(self) -> Sequence[api.Blueprint]:
        """The gate itself."""
        return [blp]

    @api.hookimpl
    def provide_error_format(self) -> api.ErrorFormat:
        """Below `/gate/`."""
        return api.ErrorFormat("/gate/", as_text)
