"""The first seed as data: 57 endpoints with their parameters, requests, answers and the section each belongs
to."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from .outline import FOLDER, SEEDS, outline

_PRINTED_STATUS = re.compile(r"(?:Response: |: )(2\d\d) ")
_PARAMETER = re.compile(r"(?P<name>\w+): (?P<type>.+?)(?: \((?P<note>[^)]*)\))?$")
# What an answer holds whose body the seed leaves out ("Response: 200 OK"): seed, Common Response Formats.
_COMMON_BODY = {"success": True, "data": {"id": "uuid"}}


@dataclass(frozen=True)
class Parameter:
    """One documented query parameter; ``kind`` is integer, string, boolean, uuid, ISO8601 or choice."""

    name: str
    kind: str
    choices: tuple[str, ...] = ()
    required: bool = False
    default: str | None = None


@dataclass(frozen=True)
class Endpoint:
    """One documented endpoint.

    ``response`` is the printed body; ``None`` for an answer without a body (204) and for a file. ``statuses``
    holds the status that the seed prints or, where it prints none, those that its table of status codes
    allows.
    """

    method: str
    path: str
    section: str
    parameters: tuple[Parameter, ...]
    request: Any
    response: Any
    statuses: frozenset[int]
    is_file: bool

    @property
    def name(self) -> str:
        """Name of the endpoint in reports and test ids: "METHOD path"."""
        return f"{self.method} {self.path}"


@cache
def endpoints() -> tuple[Endpoint, ...]:
    """Read the contract file, in the order of the seed."""
    entries = json.loads((FOLDER / "pronaflow-v1.2.json").read_text(encoding="utf-8"))
    return tuple(_endpoint(entry) for entry in entries)


def _endpoint(entry: dict[str, Any]) -> Endpoint:
    described = [item for item in outline(SEEDS[0]) if item.endpoint == f"{entry['method']} {entry['path']}"]
    printed = {int(code) for item in described for code in _PRINTED_STATUS.findall(item.text)}
    usual = {entry["status"], 201} if entry["method"] == "POST" else {entry["status"]}
    is_file = any("file download" in item.text.lower() for item in described)
    return Endpoint(
        method=entry["method"],
        path=entry["path"],
        section=next(item.section for item in described if item.line == entry["line"]),
        parameters=tuple(_parameter(line) for line in entry["params"].splitlines()),
        request=entry["request"],
        response=_response(entry, is_file),
        statuses=frozenset(printed or usual),
        is_file=is_file,
    )


def _response(entry: dict[str, Any], is_file: bool) -> Any:
    if is_file or entry["status"] == 204:
        return None
    body = entry["response"] or _COMMON_BODY
    if "pagination" in body:  # the common format has a fourth key, which the examples leave out
        return {**body, "pagination": {**body["pagination"], "total_pages": 1}}
    return body


def _parameter(line: str) -> Parameter:
    match = _PARAMETER.match(line)
    if match is None:
        raise ValueError(f"this line documents no parameter: {line}")
    choices = tuple(re.findall(r'"(\w+)"', match["type"]))
    default = re.fullmatch(r'default: "?(\w+)"?', match["note"])
    return Parameter(
        name=match["name"],
        kind="choice" if choices else match["type"],
        choices=choices,
        required=match["note"] == "required",
        default=default[1] if default else None,
    )
