"""An OpenID Connect provider in a test's hands: real HTTP on the loopback, real keys, and all misbehaviour.

    with OpenIdProvider(clock) as provider:
        provider.person = {"sub": "4711", "email": "ann@example.org", "email_verified": True}
        code, state = provider.consent(authorization_url)  # what a browser does
        provider.claims["nonce"] = "another"  # what ID tokens say instead from now on

It holds its client to the standard: exact redirect address, secret, PKCE by S256, codes and refresh tokens
that work once. Needs the extra `oidc`.
"""

from __future__ import annotations

import hmac
import secrets
import threading
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Callable
from hashlib import sha256
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import orjson
from flask import Flask, Response, redirect, request
from joserfc import jwt
from joserfc.jwk import ECKey, OKPKey, RSAKey
from joserfc.jws import JWSRegistry
from urllib3 import PoolManager
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Response as Answer

from ..clock import Clock
from .sink import LOOPBACK

_Pair = RSAKey | ECKey | OKPKey

CLIENT_ID = "pronaflow"
"""What the provider calls its one client."""
CLIENT_SECRET = "of-the-client-and-the-provider"
"""What that client proves itself with."""
LIFE = 300
"""Seconds for which ID tokens are good."""


class OpenIdProvider:
    """A provider with one client and one person at a time, who always consents.

    Arguments:
        clock: tells the present, for the times in ID tokens; may be replaced.

    What tests change, and `reset` sets back:
        person: claims about who signs in; `sub` among them.
        claims: what ID tokens say instead; None leaves a claim out.
        algorithm: of signatures: `RS256`, `ES256`, `EdDSA`, `none`, or `HS256` with the public key as secret.
        answers: makes what `discovery`, `authorize`, `token`, `revoke`, `jwks` or `userinfo`
            answers instead.
        discovery: changes of the discovery document; None leaves a key out.
        thin: whether ID tokens name the person only, and the rest is user info.
        asked: the endpoints that were asked, in order.
        revoked: the tokens that were given back.
    """

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self._over = threading.Event()
        self.reset()
        self._server = make_server(LOOPBACK, 0, self._app(), threaded=True, request_handler=_Silent)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)

    def reset(self) -> None:
        """A provider that does everything right, with a new key."""
        self._over.set()
        self._over = threading.Event()
        self.person: dict[str, Any] = {"sub": "somebody"}
        self.claims: dict[str, Any] = {}
        self.algorithm = "ES256"
        self.answers: dict[str, Callable[[], Answer]] = {}
        self.discovery: dict[str, Any] = {}
        self.thin = False
        self.asked: list[str] = []
        self.revoked: list[str] = []
        self._fresh: set[str] = set()
        self.keys: list[_Pair] = []
        self._codes: dict[str, dict[str, str]] = {}
        self._people: dict[str, dict[str, Any]] = {}
        self.rotate()

    @property
    def issuer(self) -> str:
        """Its name, under which it is reached."""
        return f"http://{LOOPBACK}:{self._server.server_port}"

    def rotate(self) -> None:
        """Sign with a new key, and publish no other."""
        kid = secrets.token_hex(4)
        made: dict[str, Callable[[], _Pair]] = {
            "RS256": lambda: RSAKey.generate_key(2048, {"kid": kid}),
            "EdDSA": lambda: OKPKey.generate_key("Ed25519", {"kid": kid}),
        }
        self.keys = [made.get(self.algorithm, lambda: ECKey.generate_key("P-256", {"kid": kid}))()]

    def consent(self, authorization_url: str) -> tuple[str, str]:
        """Follow the address as a browser does; code and state that it is sent back with.

        Raises:
            AssertionError: the provider does not send it back.
        """
        answer = PoolManager().request("GET", authorization_url, redirect=False, retries=False)
        assert answer.status == 302, f"{answer.status}: {answer.data!r}"
        query = parse_qs(urlsplit(answer.headers["Location"]).query)
        return query["code"][0], query["state"][0]

    def never(self) -> Answer:
        """For `answers`: an endpoint that answers only when the test is over."""
        self._over.wait()
        return Response(status=503)

    def __enter__(self) -> OpenIdProvider:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _app(self) -> Flask:
        app = Flask("openid_provider")
        rules: dict[str, tuple[str, str, Callable[[], Answer]]] = {
            "discovery": ("GET", "/.well-known/openid-configuration", self._discovery),
            "authorize": ("GET", "/authorize", self._authorize),
            "token": ("POST", "/token", self._token),
            "revoke": ("POST", "/revoke", self._revoke),
            "jwks": ("GET", "/jwks", self._jwks),
            "userinfo": ("GET", "/userinfo", self._userinfo),
        }
        for name, (method, rule, answer) in rules.items():
            app.add_url_rule(rule, name, self._view(name, answer), methods=[method])
        return app

    def _view(self, name: str, answer: Callable[[], Answer]) -> Callable[[], Answer]:
        def view() -> Answer:
            self.asked.append(name)
            return self.answers.get(name, answer)()

        return view

    def _discovery(self) -> Answer:
        document = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256", "ES256", "EdDSA", "HS256", "none"],
        }
        return json_answer(_without_none({**document, **self.discovery}))

    def _authorize(self) -> Answer:
        asked = request.args
        right = (
            asked.get("response_type") == "code"
            and asked.get("client_id") == CLIENT_ID
            and "openid" in asked.get("scope", "").split()
            and asked.get("code_challenge_method") == "S256"
        )
        if not right:
            return json_answer({"error": "invalid_request"}, 400)
        code = secrets.token_urlsafe(16)
        self._codes[code] = {**asked.to_dict(), "auth_time": str(int(self.clock.now().timestamp()))}
        return redirect(f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}")

    def _token(self) -> Answer:
        if not self._client_is_right():
            return json_answer({"error": "invalid_client"}, 401)
        form = request.form
        if form.get("grant_type") == "refresh_token":
            return self._renewed(form.get("refresh_token", ""))
        asked = self._codes.pop(form.get("code", ""), None)
        digest = sha256(form.get("code_verifier", "").encode()).digest()
        if (
            asked is None
            or form.get("redirect_uri") != asked["redirect_uri"]
            or _base64(digest) != asked["code_challenge"]
        ):
            return json_answer({"error": "invalid_grant"}, 400)
        return json_answer({**self._tokens(), "id_token": self._id_token(asked)})

    def _renewed(self, refresh_token: str) -> Answer:
        if refresh_token not in self._fresh:
            return json_answer({"error": "invalid_grant"}, 400)
        self._fresh.remove(refresh_token)
        return json_answer(self._tokens())

    def _tokens(self) -> dict[str, Any]:
        access_token, refresh_token = secrets.token_urlsafe(16), secrets.token_urlsafe(16)
        self._people[access_token] = dict(self.person)
        self._fresh.add(refresh_token)
        tokens = {"access_token": access_token, "refresh_token": refresh_token, "token_type": "Bearer"}
        return {**tokens, "expires_in": LIFE}

    def _revoke(self) -> Answer:
        if not self._client_is_right():
            return json_answer({"error": "invalid_client"}, 401)
        self.revoked.append(request.form["token"])
        self._fresh.discard(request.form["token"])
        return Response(status=200)

    def _client_is_right(self) -> bool:
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        if scheme == "Basic":
            return b64decode(given).decode() == f"{CLIENT_ID}:{CLIENT_SECRET}"
        return (request.form.get("client_id"), request.form.get("client_secret")) == (
            CLIENT_ID,
            CLIENT_SECRET,
        )

    def _id_token(self, asked: dict[str, str]) -> str:
        now = int(self.clock.now().timestamp())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT_ID,
            "iat": now,
            "exp": now + LIFE,
            "nonce": asked.get("nonce"),
            **({"auth_time": int(asked["auth_time"])} if "max_age" in asked else {}),
            **({"sub": self.person["sub"]} if self.thin else self.person),
            **self.claims,
        }
        return self._signed(_without_none(claims))

    def _signed(self, claims: dict[str, Any]) -> str:
        key = self.keys[0]
        header = _without_none({"alg": self.algorithm, "kid": key.kid})
        if self.algorithm in ("none", "HS256"):  # joserfc refuses to make these
            signed = f"{_base64(orjson.dumps(header))}.{_base64(orjson.dumps(claims))}"
            by_anybody = hmac.digest(key.as_pem(private=False), signed.encode(), "sha256")
            return f"{signed}.{_base64(by_anybody) if self.algorithm == 'HS256' else ''}"
        return jwt.encode(header, claims, key, registry=_AnyAlgorithm())

    def _jwks(self) -> Answer:
        return json_answer({"keys": [{**key.as_dict(private=False), "use": "sig"} for key in self.keys]})

    def _userinfo(self) -> Answer:
        found = self._people.get(request.headers.get("Authorization", "").removeprefix("Bearer "))
        return json_answer({"error": "invalid_token"}, 401) if found is None else json_answer(found)


class _Silent(WSGIRequestHandler):
    """Leaves the log to the server under test."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing: the test looks at `asked`."""


class _AnyAlgorithm(JWSRegistry):
    """Signs with whatever a test asks for, without joserfc's warnings."""

    def get_alg(self, name: str) -> Any:
        """The algorithm of that name."""
        return self.algorithms[name]


def json_answer(data: Any, status: int = 200) -> Answer:
    """An answer of JSON data."""
    return Response(orjson.dumps(data), status, mimetype="application/json")


def _base64(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")


def _without_none(data: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in data.items() if value is not None}
