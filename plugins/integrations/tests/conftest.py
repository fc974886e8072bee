"""People with tokens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from pronaflow_kernel.testing import Person, World
from pronaflow_kernel.testing.world import START

TOKENS = "/api/v1/integration/tokens"


@pytest.fixture(autouse=True)
def _morning(world: World) -> None:
    """Each test begins at the same instant, wherever the one before left the clock."""
    world.clock.set(START)


@pytest.fixture
def token_of() -> Callable[..., Any]:
    """Makes a token of somebody, as the answer shows it: `token_of(ann, "read:tasks")`."""

    def make(person: Person, *scopes: str, **values: Any) -> Any:
        body = {"name": "Bot", "scopes": scopes or ["admin:all"], **values}
        body.setdefault("workspace_id", person.workspace_id)
        return person.post(TOKENS, body).data

    return make


@pytest.fixture
def program(token_of: Callable[..., Any]) -> Callable[..., Person]:
    """Makes a program that sends a new token of somebody: `program(ann, "read:tasks").get(...)`."""

    def make(person: Person, *scopes: str, **values: Any) -> Person:
        return replace(person, token=token_of(person, *scopes, **values)["token"])

    return make
