"""The walk finds what is wrong with a plugin that is wrong in one way a route."""

from __future__ import annotations

import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from pronaflow_kernel.plugins.discovery import GROUP, discover
from pronaflow_kernel.testing import World
from pronaflow_kernel.testing.walk import Makers, Party, Rows, Walk, operations, seen, taken, traces

PLUGINS = [
    EntryPoint("leaky", "pronaflow_leaky.plugin:LeakyPlugin", GROUP),
    EntryPoint("peeping", "pronaflow_peeping.plugin:PeepingPlugin", GROUP),
]
THEIRS, OWN = "xenolith", "ownwords"

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
    "leaky_pick_leaks": [
        "leak_ids[] in the body: a foreign id answers (200, ",
        "leak_ids[] in the body: the answer tells xenolith",
    ],
    "leaky_sum_leaks": ["leak_ids[+] in the body: a foreign id answers (200, "],
    "leaky_leak_rows": ["rows[].leak_id in the body: a foreign id answers (200, "],
    "leaky_filter_leaks": ["leak_id in the query: the answer tells xenolith"],
    "leaky_head_leak": ["leak_id in the path: a foreign id answers (404, "],
    "leaky_tag_leak": ["leak_id in the path with If-None-Match: *: a foreign id answers (409, "],
    "leaky_copy_leak": ["the attacker's rows of leaky__leak hold xenolith"],
    "leaky_remember_leak": ["the victim's Idempotency-Key: the answer tells xenolith"],
}
"""What the walk must find at each route of the leaky plugin; it may find more that follows from it."""

INNOCENT = {"leaky_create_leak", "leaky_list_leaks"}
"""Routes that a walk with ids finds nothing at; the second one is found by its words."""

HIDDEN_FAULTS = {
    "peeping_any_note": [
        "note_id in the path: a foreign id answers (200, ",
        "note_id in the path: the answer tells xenolith",
    ],
    "peeping_pick_notes": [
        "note_ids[] in the body: the answer tells xenolith",
        "note_ids[+] in the body: the answer tells xenolith",
    ],
    "peeping_filter_notes": [
        "note_id in the query: a foreign id answers (200, ",
        "project_id in the query: a foreign id answers (200, ",
    ],
}
"""The same for a member outside of a private project and the peeping plugin."""


@pytest.fixture(scope="session")
def leaky(new_database, tmp_path_factory):
    """A server with the leaky plugins beside the installed ones."""
    sys.path.insert(0, str(Path(__file__).parent / "leaky"))
    candidates = [*discover(), *discover(PLUGINS)]
    world = World(new_database(), tmp_path_factory.mktemp("leaky"), candidates=candidates)
    yield world
    world.close()


@pytest.fixture(scope="session")
def rows(leaky):
    """What its database holds."""
    opened = Rows(leaky.database_url)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def listed(leaky):
    """Its operations."""
    document = leaky.anonymous().get("/openapi.json").json
    return {operation.id: operation for operation in operations(document)}


def of(listed, plugin):
    """The operations of a plugin."""
    return {name: operation for name, operation in listed.items() if operation.plugin == plugin}


def compare(findings, faults, innocent=()):
    """Every expected fault is found, and none at other routes."""
    for name, expected in faults.items():
        for fault in expected:
            assert any(found.startswith(f"{name}: {fault}") for found in findings), f"{name}: {fault}"
    at = {found.partition(":")[0] for found in findings}
    assert at - faults.keys() == set(innocent)


@pytest.fixture
def party(leaky, listed):
    """Makes somebody with a leak."""

    def make(mark):
        made = Party(leaky, Makers(listed), mark)
        made.id_of("leak")
        return made

    return make


@pytest.fixture
def findings(leaky, rows, listed, party):
    """What the walk between tenants finds at the leaky plugin."""
    walk = Walk(
        leaky,
        rows,
        of(listed, "leaky"),
        victim=lambda: party(THEIRS),
        attacker=lambda victim, operation: party(OWN),
        concerns=lambda victim, operation, key: True,
        hidden=(THEIRS,),
    )
    return walk.findings()


def test_every_leak_is_found_and_nothing_else(listed, findings):
    [unsupplied] = [found for found in findings if "gadget_id" in found]
    findings.remove(unsupplied)
    compare(findings, FAULTS)
    assert of(listed, "leaky").keys() - FAULTS.keys() == INNOCENT | {"leaky_leak_by_gadget"}


def test_an_id_that_nobody_supplies_is_named(findings):
    [message] = [found for found in findings if "gadget_id" in found]
    assert message == (
        "leaky_leak_by_gadget (GET /api/v1/leaks/by/{gadget_id}) needs an id under 'gadget_id', and no route "
        "makes a 'gadget': declare `resource='gadget'` at the POST that makes one, say by `Id(of=...)` what "
        "the id is of, or supply it by the pytest hook pytest_pronaflow_makers"
    )


def test_marked_words_are_found(party, listed):
    party(THEIRS)
    other = party(OWN)
    lists = [listed["leaky_list_leaks"]]
    assert ("leaky_list_leaks", 200, [THEIRS]) in seen(
        other, lists, lambda each: other.request(each.id), (THEIRS,)
    )


@pytest.fixture
def owner(leaky, listed):
    """Makes the owner of a private project."""

    def make():
        person = leaky.person()
        known = {"workspace": person.workspace_id}
        return Party(leaky, Makers(listed), THEIRS, person=person, visibility="private", known=known)

    return make


@pytest.fixture
def outsider(leaky, listed):
    """Makes a member of somebody's workspace who has a project of their own."""

    def make(victim):
        person = leaky.person()
        leaky.join(victim.workspace_id, person, "member")
        party = Party(leaky, Makers(listed), OWN, person=person, known={"workspace": victim.workspace_id})
        party.id_of("note")
        return party

    return make


def test_every_leak_out_of_a_private_project_is_found(leaky, rows, listed, owner, outsider):
    walk = Walk(
        leaky,
        rows,
        of(listed, "peeping"),
        victim=owner,
        attacker=lambda victim, operation: outsider(victim),
        concerns=lambda victim, operation, key: key != "workspace_id",
        hidden=(THEIRS,),
    )
    compare(walk.findings(), HIDDEN_FAULTS)


def test_every_trace_of_a_private_project_is_found(listed, owner, outsider):
    victim = owner()
    found = [*traces(outsider(victim), of(listed, "peeping").values(), lambda: victim.id_of("note"), THEIRS)]
    assert {fault.partition(": ")[0] for fault in found} >= {
        "peeping_list_notes",
        "peeping_count_notes",
        "peeping_head_notes",
        f"peeping_filter_notes?search={THEIRS}",
    }
    assert {fault[:11] for fault in found if "peeping_any" in fault or "peeping_get" in fault} == set()


def test_a_title_that_is_taken_is_found(owner, outsider):
    victim = owner()
    [fault] = taken(victim, lambda: outsider(victim), ["note"])
    assert fault.startswith("peeping_create_note: the title of a hidden note answers 409")
