"""How the walker talks to a server: one request in, one answer out, over a test client or a socket.

`pronaflow_kernel.testing.Person` is such a client.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol


class Answer(Protocol):
    """What a server answered; header names in any case, ``json`` is ``None`` without a JSON body."""

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
        json: Any = None,
        *,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send one request; ``json=None`` sends no body and no content type."""
        ...
