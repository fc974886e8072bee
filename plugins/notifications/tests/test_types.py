"""Types of notifications that plugins bring are checked before anything runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pronaflow_kernel.testing import World
from pronaflow_kernel.testing.zoo import Animal

from .conftest import URL

GOOD = {
    "type": "'parrot_heard'",
    "event": "'workspace.created'",
    "title": "'A parrot'",
    "message": "'{actor} made {name}'",
    "priority": "'low'",
    "recipients": "lambda reader, event: {event.user_id: 'owner'}",
}


def parrot(**changes: str | None) -> Animal:
    """A plugin with one type of notifications; values are source text, None leaves a key out."""
    parts = {**GOOD, **changes}
    given = ", ".join(f"{name!r}: {value}" for name, value in parts.items() if value is not None)
    return Animal(
        "parrot",
        "Nothing: it tells of something.",
        state="ready",
        declares="""
            requires = { notifications = ">=0" }
            hooks = ["notifications:provide_notification_types"]
        """,
        plugin=f"""\
from pronaflow_kernel import api


class Plugin(api.Plugin):
    @api.hookimpl
    def provide_notification_types(self):
        return [{{{given}}}]
""",
    )


Start = Callable[[Animal], World]


@pytest.fixture
def start(new_world: Callable[..., World], zoo: Callable[..., Any]) -> Start:
    """Starts a server with the parrot."""
    return lambda animal: new_world(candidates=zoo(animal, installed=True), plugins=["parrot", "workspaces"])


def test_a_type_that_fits_is_taken(start: Start) -> None:
    world = start(parrot(critical="True"))
    assert world.kernel.state("parrot").state == "ready"
    ann = world.person()
    ann.post("/api/v1/workspaces", {"name": "Alpha"})
    world.drain()
    newest = ann.get(URL).data[0]
    assert newest["message"] == "User made Alpha"
    assert (newest["reasons"], newest["reasons_text"]) == (["owner"], ["owner"])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"event": "'parrot.died'"}, "comes from 'parrot.died', which nobody publishes"),
        ({"title": None}, "lacks title"),
        ({"color": "'green'"}, "has 'color', which is no key of a type"),
        ({"priority": "'urgent'"}, "needs a priority of high, medium, low, not 'urgent'"),
        ({"message": "'{wings}'"}, "names wings in message, which workspace.created does not carry"),
        ({"message": "'{name'"}, "has a message that cannot be read"),
        ({"about": "'feathers'"}, "is about 'feathers', which workspace.created does not carry"),
        ({"preference": "'email_on_noise'"}, "needs a preference of email_on_task_assigned"),
        ({"recipients": "{}"}, "needs a function for recipients"),
        ({"type": "'security_alert'"}, "is a type of notifications already"),
    ],
    ids=["event", "lack", "key", "priority", "name", "braces", "about", "preference", "function", "taken"],
)
def test_one_that_does_not_fit_fails_its_plugin_and_no_other(
    start: Start, changes: dict[str, str | None], words: str
) -> None:
    world = start(parrot(**changes))
    state = world.kernel.state("parrot")
    assert state.state == "failed"
    assert "provide_notification_types" in str(state.reason)
    assert words in str(state.reason)
    assert world.kernel.state("notifications").state == "ready"


def test_what_is_no_list_of_mappings_fails_too(start: Start) -> None:
    animal = parrot()
    world = start(
        Animal(
            "parrot",
            animal.wrong,
            state="ready",
            declares=animal.declares,
            plugin=animal.plugin.replace("return [{", "return [3, {"),
        )
    )
    assert "notification type 0 is no mapping but int" in str(world.kernel.state("parrot").reason)
