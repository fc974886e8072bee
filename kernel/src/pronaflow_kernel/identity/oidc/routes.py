"""Outside sign-in over HTTP, under `/api/v1/auth` (modules.md 1.1)."""

from __future__ import annotations

from functools import partial

from ...web.blueprint import PUBLIC, Blueprint
from ..owner_proof import RECENT
from ..schemas import LoginOut
from .handlers import OutsideSignIn
from .schemas import CallbackIn, IdentityOut, ProviderOut, StartOut, StartQuery


def add_outside_sign_in(blp: Blueprint, do: OutsideSignIn) -> None:
    """Add the routes to the blueprint of identity."""
    get = partial(blp.endpoint, "GET", permission=PUBLIC)
    get("/oauth", returns=ProviderOut, many=True)(do.list_providers)
    get("/oauth/<string:provider>", query=StartQuery, returns=StartOut)(do.start_outside_sign_in)
    post = partial(blp.endpoint, "POST", body=CallbackIn, writes=False)
    post("/oauth/<string:provider>/callback", permission=PUBLIC, returns=LoginOut)(do.finish_outside_sign_in)
    own = "account.update"
    post("/oauth/<string:provider>/link", permission=own, fresh=RECENT, returns=IdentityOut)(do.link_identity)
    blp.endpoint("GET", "/identities", permission="account.read", returns=IdentityOut, many=True)(
        do.list_identities
    )
    blp.endpoint("DELETE", "/identities/<id:identity_id>", permission=own, fresh=RECENT, status=204)(
        do.unlink_identity
    )
