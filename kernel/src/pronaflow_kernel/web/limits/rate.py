"""A rate limit, and where a caller stands with it (first seed, "Rate Limiting Headers")."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

MINUTE = 60
"""Length of a window in seconds."""

HEADERS: Mapping[str, Mapping[str, Any]] = {
    "X-RateLimit-Limit": {
        "description": "Requests that the caller may send in a minute",
        "schema": {"type": "integer", "minimum": 1, "examples": [100]},
    },
    "X-RateLimit-Remaining": {
        "description": "Requests that are left of them",
        "schema": {"type": "integer", "minimum": 0, "examples": [87]},
    },
    "X-RateLimit-Reset": {
        "description": "Unix time in seconds by which at least one more request is admitted",
        "schema": {"type": "integer", "examples": [1612360200]},
    },
    "X-RateLimit-Tier": {
        "description": "Which limit it is: `public` without a credential, `default` for people; `free`, "
        "`pro` or `enterprise` for tokens of programs",
        "schema": {"type": "string", "examples": ["default"]},
    },
}
"""The headers of every answer, as the OpenAPI document describes them."""

MOST = 1_000_000
"""The highest limit a minute."""

_TIER = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
_BUCKET = re.compile(r"[!-~]{1,200}")


@dataclass(frozen=True, slots=True)
class RateLimit:
    """How many requests may be sent, and who shares them.

    Arguments:
        per_minute: requests in a minute, 1 to 1,000,000.
        tier: shown as `X-RateLimit-Tier`, e.g. `pro`: small letters, digits, `-` and `_`, at most 32.
        bucket: whoever names the same one is counted together, e.g. `workspace:<id>`; at most 200 printable
            ASCII characters without blanks.

    Raises:
        ValueError: one of them is something else.
    """

    per_minute: int
    tier: str
    bucket: str

    def __post_init__(self) -> None:
        if type(self.per_minute) is not int or not 1 <= self.per_minute <= MOST:
            raise ValueError(f"per_minute must be a whole number from 1 to {MOST:,}, not {self.per_minute!r}")
        if not _fits(_TIER, self.tier):
            raise ValueError(
                f"tier must be 1 to 32 small letters, digits, - and _ such as 'pro', not {self.tier!r}"
            )
        if not _fits(_BUCKET, self.bucket):
            raise ValueError(
                "bucket must be 1 to 200 printable ASCII characters without blanks such as 'workspace:<id>', "
                f"not {self.bucket!r}"
            )


def _fits(pattern: re.Pattern[str], value: object) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a caller stands after a request.

    Arguments:
        admitted: whether the request was within the limit; one that was not is not counted.
        limit: requests a minute, as far as this process grants them.
        remaining: how many more would be admitted now.
        reset: Unix time in seconds at which the window that runs has ended; then at least one more request
            is admitted.
        wait: whole seconds until then, at least 1.
        tier: of the limit.
        policy: `local` where this process counts alone, `off` where nobody counts; None otherwise.
    """

    admitted: bool
    limit: int
    remaining: int
    reset: int
    wait: int
    tier: str
    policy: str | None = None

    def headers(self) -> dict[str, str]:
        """The headers that every answer carries."""
        told = (str(self.limit), str(self.remaining), str(self.reset), self.tier)
        policy = {} if self.policy is None else {"X-RateLimit-Policy": self.policy}
        return {**dict(zip(HEADERS, told, strict=True)), **policy}
