"""The walk finds what is wrong with a plugin that is wrong in one way a route."""

from __future__ import annotations

import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from pronaflow_kernel.plugins.discovery import GROUP, discover
from pronaflow_kernel.testing import World
from pronaflow_kernel.testing.walk import Makers, Party, Rows, Walk, operations, seen

LEAKY = EntryPoint("leaky", "pronaflow_leaky.plugin:LeakyPlugin", GROUP)

FAULTS = {
    "leaky_get_leak": [
        "leak_id in the path: a foreign id answers (200, ",
        "leak_id in the path: the answer tells xenolith",
        "leak_id in the path: a foreign id answers 200, not 404",
    ],
    "leaky_change_leak": [
        "leak_id in the path: a foreign id answers (403, ",
        "leak_id in the path: a foreign id answers 403, not 404",
    ],
    "leaky_look": ["the attack changed rows of leaky__leak"],
    "leaky_lose": ["the victim's own request answers 404"],
    "leaky_open_leak": ["leak_id in the path: a foreign id answers 200, not 404"],
}


@pytest.fixture(scope="session")
def leaky(new_database, tmp_path_factory):
    """A server with the leaky plugin beside the installed ones."""
    sys.path.insert(0, str(Path(__file__).parent / "leaky"))
    world = World(
        new_database(), tmp_path_factory.mktemp("leaky"), candidates=[*discover(), *discover([LEAKY])]
    )
    yield world
    world.close()


@pytest.fixture
def party(leaky, listed):
    """Makes somebody with a leak."""

    def make(mark):
        made = Party(leaky, Makers(listed), mark)
        made.id_of("leak")
        return made

    return make


@pytest.fixture
def listed(leaky):
    """The operations of the server with the leaky plugin."""
    document = leaky.anonymous().get("/openapi.json").json
    return {operation.id: operation for operation in operations(document)}


@pytest.fixture
def findings(leaky, listed, party):
    """What the walk finds at the leaky plugin."""
    rows = Rows(leaky.database_url)
    walk = Walk(
        leaky,
        rows,
        {name: operation for name, operation in listed.items() if operation.plugin == "leaky"},
        victim=lambda: party("xenolith"),
        attacker=lambda victim: party("ownwords"),
        concerns=lambda victim, operation, key: True,
        hidden=("xenolith",),
    )
    yield walk.findings()
    rows.close()


def test_every_leak_is_found_and_nothing_else(findings):
    expected = [f"{name}: {fault}" for name, faults in FAULTS.items() for fault in faults]
    for fault in expected:
        assert any(found.startswith(fault) for found in findings), fault
    assert len(findings) == len(expected) + 1


def test_an_id_that_nobody_supplies_is_named(findings):
    [message] = [found for found in findings if "gadget_id" in found]
    assert message == (
        "leaky_leak_by_gadget (GET /api/v1/leaks/by/{gadget_id}) needs an id under 'gadget_id', and no route "
        "makes a 'gadget': declare `resource='gadget'` at the POST that makes one, say by `Id(of=...)` what "
        "the id is of, or supply it by the pytest hook pytest_pronaflow_makers"
    )


def test_marked_words_are_found(party, listed):
    party("xenolith")
    other = party("ownwords")
    lists = [listed["leaky_list_leaks"]]
    assert ("leaky_list_leaks", 200, ["xenolith"]) in seen(
        other, lists, lambda each: other.request(each.id), ("xenolith",)
    )
