"""Reading the issues of a repository (https://docs.github.com/en/rest/issues/issues, version 2022-11-28)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from pronaflow_kernel.api import Context, HttpReply, Retry

API = "https://api.github.com"
PAGE = 50
MOST_BYTES = 8 << 20
"""Of a page: 50 texts of 64 KiB, and what stands around them."""

LEAST_WAIT, MOST_WAIT = 60.0, 3600.0
"""Seconds."""

_NEXT = re.compile(r'<([^>]+)>;\s*rel="next"')
_REASONS = {
    401: "GitHub does not take the token of whoever linked the project: they should connect it again",
    404: "GitHub does not know the repository, or does not show it to whoever linked the project",
    410: "The repository has no issues",
    451: "GitHub does not show the repository",
}


class Refused(Exception):
    """GitHub does not answer as it should, and asking again will not help; the message says why."""


def pages(ctx: Context, repository: str, token: str | None, since: datetime | None) -> Iterator[list[Any]]:
    """The issues that changed since an instant, in the order of their changes, page by page.

    Each page is asked for from the last change that was seen, since numbers of pages shift while issues
    change; only among issues of one instant the next number is followed.

    Raises:
        Refused: see there.
        Retry: GitHub asks for patience, or is not there.
    """
    url: str | None = _first(repository, since)
    while url is not None:
        reply = _get(ctx, url, token)
        found = reply.json()
        if not isinstance(found, list):
            raise Refused("GitHub does not answer with a list of issues")
        yield found
        latest = max((changed(issue) for issue in found), default=since)
        onward = _NEXT.search(reply.headers.get("link", ""))
        if onward is None:
            return
        url, since = onward[1] if latest == since else _first(repository, latest), latest


def changed(issue: Any) -> datetime:
    """When an issue changed last."""
    return datetime.fromisoformat(issue["updated_at"])


def _first(repository: str, since: datetime | None) -> str:
    query = {"state": "all", "sort": "updated", "direction": "asc", "per_page": PAGE}
    if since is not None:
        query["since"] = since.strftime("%Y-%m-%dT%H:%M:%SZ")
    return f"{API}/repos/{repository}/issues?{urlencode(query)}"


def _get(ctx: Context, url: str, token: str | None) -> HttpReply:
    headers = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    reply = ctx.http.request("GET", url, headers=headers, max_bytes=MOST_BYTES)
    if reply.status == 200:
        return reply
    if reply.status >= 500 or _asks_for_patience(reply):
        raise Retry(f"GitHub answers with {reply.status}", _wait(reply, ctx.clock.now()))
    raise Refused(_REASONS.get(reply.status, f"GitHub answers with {reply.status}"))


def _asks_for_patience(reply: HttpReply) -> bool:
    spent = reply.headers.get("x-ratelimit-remaining") == "0" or "retry-after" in reply.headers
    return reply.status == 429 or (reply.status == 403 and spent)


def _wait(reply: HttpReply, now: datetime) -> float:
    after, reset = reply.headers.get("retry-after", ""), reply.headers.get("x-ratelimit-reset", "")
    seconds = float(after) if after.isdigit() else float(reset) - now.timestamp() if reset.isdigit() else 0.0
    return min(max(seconds, LEAST_WAIT), MOST_WAIT)
