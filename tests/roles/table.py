"""The table of expected answers, read from expected.toml."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).parent / "expected.toml"
NAMED = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Case:
    """One line of the table.

    Arguments:
        table: `workspace`, `installation` or `project`; name: of the action; state: of the project.
        method, path: of the request, with `{task}` for what a stage fills in; body: of the same kind.
        answers: expected status by caller, those without a case left out.
        upload: name of the file that is sent instead of a body.
    """

    table: str
    name: str
    state: str
    method: str
    path: str
    body: Any
    answers: Mapping[str, int]
    upload: str | None = None

    @property
    def names(self) -> set[str]:
        """What a stage must fill in."""
        return set(NAMED.findall(f"{self.path} {self.body}"))

    @property
    def has_own(self) -> bool:
        """Whether each caller is given something of their own first."""
        return any(name.startswith("own_") for name in self.names)

    def __str__(self) -> str:
        return "-".join(filter(None, (self.table, self.name, self.state)))


@cache
def read() -> dict[str, Any]:
    """The file."""
    return tomllib.loads(FILE.read_text(encoding="utf-8"))


def cases() -> list[Case]:
    """Every line, in the order of the file."""
    return [*_simple("workspace"), *_simple("installation"), *_projects()]


def _simple(table: str) -> Iterator[Case]:
    callers = read()[table]["callers"].split()
    for name, (request, answers, *body) in read()[table]["actions"].items():
        method, path = request.split()
        yield Case(table, name, "", method, path, *(body or [None]), _answers(callers, answers))


def _projects() -> Iterator[Case]:
    callers = read()["project"]["callers"].split()
    for name, action in read()["project"]["actions"].items():
        method, path = action["request"].split()
        for state in (each for each in action if each not in ("request", "body", "upload")):
            answers = _answers(callers, action[state])
            sent = action.get("body")
            yield Case("project", name, state, method, path, sent, answers, action.get("upload"))


def _answers(callers: list[str], line: str) -> dict[str, int]:
    return {
        caller: int(status) for caller, status in zip(callers, line.split(), strict=True) if status != "-"
    }
