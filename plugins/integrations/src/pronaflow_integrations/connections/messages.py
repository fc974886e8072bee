"""The requests of a client as Authlib writes them; no connection is opened here.

Imported when a provider is first spoken to.
"""

from __future__ import annotations

import base64
import json
import logging
from typing import Any

from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri, prepare_token_request
from authlib.oauth2.rfc7009 import prepare_revoke_token_request
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from .apps import OAuthApp, Revocation
from .provider import Message

# Authlib writes whole token responses into its log at DEBUG (security.md 2.4).
logging.getLogger("authlib").setLevel(logging.INFO)

_FORM = "application/x-www-form-urlencoded"


def authorize_url(app: OAuthApp, verifier: str, parameters: dict[str, str]) -> str:
    """Where a browser is sent; of the PKCE verifier only the S256 challenge is told (RFC 7636)."""
    url: str = prepare_grant_uri(
        app.authorize_url,
        app.client_id,
        "code",
        scope=app.asked_scopes(),
        code_challenge=create_s256_code_challenge(verifier),
        code_challenge_method="S256",
        **app.parameters,
        **parameters,
    )
    return url


def token_request(app: OAuthApp, grant: str, values: dict[str, str]) -> Message:
    """What turns a code or a refresh token into tokens.

    Arguments:
        grant: `authorization_code` or `refresh_token`; values: what it needs.
    """
    body = prepare_token_request(grant, **values)
    return _proved(app, app.token_url, {"Accept": "application/json"}, body)


def revocation_request(app: OAuthApp, how: Revocation, token: str) -> Message:
    """What tells a provider that a token is not needed any more."""
    url = how.url.replace("{client_id}", app.client_id or "")
    if how.style == "rfc7009":
        body, headers = prepare_revoke_token_request(token)
        return _proved(app, url, headers, body)
    if how.style == "bearer":
        return Message("POST", url, {"Authorization": f"Bearer {token}", "Content-Type": _FORM})
    client = base64.b64encode(f"{app.client_id}:{app.client_secret or ''}".encode()).decode()
    headers = {"Authorization": f"Basic {client}", "Content-Type": "application/json"}
    headers["Accept"] = "application/vnd.github+json"
    return Message("DELETE", url, headers, json.dumps({"access_token": token}).encode())


def _proved(app: OAuthApp, url: str, headers: dict[str, Any], body: str) -> Message:
    method = app.auth_method if app.client_secret else "none"
    client = ClientAuth(app.client_id, app.client_secret, method)
    url, headers, body = client.prepare("POST", url, {**headers, "Content-Type": _FORM}, body)
    return Message("POST", url, headers, body.encode())
