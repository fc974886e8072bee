"""How the walker talks to a server: one request in, one answer out, over a test client or a socket."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from flask import Flask


@dataclass(frozen=True)
class Answer:
    """What a server answered; ``json`` is ``None`` without a JSON body; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    json: Any
    body: bytes


class Client(Protocol):
    """A caller, usually signed in."""

    def request(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send one request; ``json=None`` sends no body and no content type."""
        ...


@dataclass(frozen=True)
class FlaskClient:
    """Client of an application in this process; ``headers`` go with every request (the access token)."""

    app: Flask
    headers: Mapping[str, str] = field(default_factory=dict)

    def request(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send one request; the application's own exceptions become its answers, as in a server."""
        response = self.app.test_client().open(
            path, method=method, json=json, query_string=query, headers={**self.headers, **(headers or {})}
        )
        return Answer(
            status=response.status_code,
            headers={name.lower(): value for name, value in response.headers.items()},
            json=response.get_json(force=True, silent=True),
            body=response.data,
        )
