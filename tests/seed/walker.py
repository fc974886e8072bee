"""Walks one endpoint of the contract on a running application and says in words all that is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from .case import Case, unbound
from .client import Answer
from .contract import Endpoint
from .effects import effect_problems
from .parameters import parameter_problems, required
from .shapes import Allowed, problems

_RATE_HEADERS = {"Limit": r"\d+", "Remaining": r"\d+", "Reset": r"\d{10}", "Tier": r"\w+"}
_MEDIA_TYPES = {
    "json": "application/json",
    "csv": "text/csv",
    "pdf": "application/pdf",
    "excel": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def walk(endpoint: Endpoint, case: Case, allowed: Allowed | None = None) -> list[str]:
    """Send the documented request, each parameter, and the read that proves a write; return all problems.

    The request goes out as printed, only its stand-ins for ids are bound. ``allowed`` names the places that
    may be null. Every answer must have the four headers of the seed's section "Rate Limiting Headers".
    """
    found = [f"the case binds no id to {name}" for name in unbound(endpoint, case)]
    if not found:
        steps = _Walk(endpoint, case, allowed or Allowed())
        found = list(dict.fromkeys(steps.read() if endpoint.method == "GET" else steps.write()))
    return [f"{endpoint.name}: {problem}" for problem in found]


class _Walk:
    def __init__(self, endpoint: Endpoint, case: Case, allowed: Allowed) -> None:
        self.endpoint = endpoint
        self.case = case
        self.allowed = allowed
        self.required = required(endpoint, case)

    def read(self) -> Iterator[str]:
        plain = self.send({})
        yield from self.check(plain, {})
        yield from parameter_problems(self.endpoint, self.case, plain, self.send, self.check)

    def write(self) -> Iterator[str]:
        effect = self.case.effect
        if effect is None:
            yield "the case declares no read that proves the write"
            yield from self.check(self.send({}), {})
            return
        path = self.case.path(effect.path)
        before = self.case.client.request("GET", path, query=effect.query)
        yield from self.check(self.send({}), {})
        after = self.case.client.request("GET", path, query=effect.query)
        yield from effect_problems(self.endpoint, self.case, effect, before, after)

    def send(self, query: Mapping[str, str]) -> Answer:
        path, body = self.case.path(self.endpoint.path), self.case.request(self.endpoint.request)
        return self.case.client.request(
            self.endpoint.method, path, json=body, query={**self.required, **query}
        )

    def check(self, answer: Answer, query: Mapping[str, str]) -> Iterator[str]:
        """Status, headers and body of an answer to the documented request with ``query`` added."""
        if answer.status not in self.endpoint.statuses:
            yield f"answers {answer.status}{_reason(answer)}, expected {_one_of(self.endpoint.statuses)}"
        yield from _rate_header_problems(answer)
        if answer.status >= 400 or self.endpoint.statuses == {204}:
            return
        if self.endpoint.is_file and (media := self.media(query)) != "json":
            yield from _file_problems(answer, media)
        else:
            yield from self.json_problems(answer, filtered=bool(query))

    def media(self, query: Mapping[str, str]) -> str:
        default = next(p.default for p in self.endpoint.parameters if p.name == "format")
        return query.get("format") or str(default)

    def json_problems(self, answer: Answer, *, filtered: bool) -> Iterator[str]:
        if not _is_media(answer, "json"):
            yield f"has the Content-Type {answer.headers.get('Content-Type')}, expected application/json"
        if not isinstance(answer.json, dict):
            yield f"has no JSON object as its body: {answer.body[:80]!r}"
            return
        expected = self.endpoint.response or {}
        if "success" in expected and answer.json.get("success", True) is not True:
            yield f"success is {answer.json['success']!r}, expected true"
        yield from problems(expected, answer.json, self.allowed, filtered=filtered)


def _reason(answer: Answer) -> str:
    error = answer.json.get("error") if isinstance(answer.json, dict) else None
    return f" ({error.get('code')}: {error.get('message')})" if isinstance(error, dict) else ""


def _one_of(statuses: frozenset[int]) -> str:
    return " or ".join(str(status) for status in sorted(statuses))


def _rate_header_problems(answer: Answer) -> Iterator[str]:
    for name, form in _RATE_HEADERS.items():
        value = answer.headers.get(f"X-RateLimit-{name}")
        if value is None or not re.fullmatch(form, value):
            yield f"has the header X-RateLimit-{name}: {value}, expected the form {form}"


def _file_problems(answer: Answer, media: str) -> Iterator[str]:
    if not _is_media(answer, media):
        yield f"has the Content-Type {answer.headers.get('Content-Type')}, expected {_MEDIA_TYPES[media]}"
    if not answer.headers.get("Content-Disposition", "").startswith("attachment"):
        yield f"has the Content-Disposition {answer.headers.get('Content-Disposition')}, expected attachment"
    if not answer.body:
        yield "is an empty file"


def _is_media(answer: Answer, media: str) -> bool:
    return answer.headers.get("Content-Type", "").split(";")[0] == _MEDIA_TYPES[media]
