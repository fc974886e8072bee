"""Whatever is sent to an operation, it is refused in words: 4xx in the documented envelope, never a 500, and
nothing has changed (issue "Bad input", security.md 2.14).

Generated from the OpenAPI document, so that a new plugin is walked by itself.
"""

from __future__ import annotations

import pytest

from pronaflow_kernel.ids import as_id
from pronaflow_kernel.testing.walk import Party, Refusals
from pronaflow_kernel.testing.walk.refusals import BODIES, MEDIA, STRANGE
from pronaflow_kernel.testing.walk.wrong import UNSTORABLE


@pytest.fixture(scope="module")
def owner(world, makers):
    """Somebody who may do everything with what the requests name, and with the installation."""
    return Party(world, makers, "bad", person=world.administrator())


@pytest.fixture(scope="module")
def refusals(owner, listed):
    """Sends what is wrong to every operation."""
    return Refusals(owner, listed.values())


@pytest.fixture(autouse=True)
def _unchanged(owner, refusals, rows):
    """After each test the owner's rows must be as before."""
    before = rows.of(owner.workspace_id)
    yield
    assert rows.of(owner.workspace_id) == before


def none(faults):
    """Fails with all faults, one line each."""
    found = list(faults)
    assert not found, "\n".join(found)


@pytest.mark.parametrize(("data", "status"), BODIES.values(), ids=BODIES)
def test_a_body_that_is_no_json_object(refusals, data, status):
    none(refusals.bodies(data, status))


@pytest.mark.parametrize("headers", MEDIA, ids=str)
def test_another_content_type(refusals, headers):
    none(refusals.media(headers))


def test_unknown_fields_are_named(refusals):
    none(refusals.unknown_fields())


def test_values_of_the_wrong_type_are_named(refusals):
    none(refusals.wrong_values())


@pytest.mark.parametrize("text", UNSTORABLE, ids=ascii)
def test_text_that_no_database_can_hold(refusals, text):
    none(refusals.unstorable(text))


def test_query_parameters_of_the_wrong_type_are_named(refusals):
    none(refusals.queries())


@pytest.mark.parametrize("strange", STRANGE, ids=lambda text: text[:20])
def test_strange_addresses(refusals, strange):
    none(refusals.addresses(strange))


@pytest.mark.parametrize("value", ["x", "", "\xff", "0" * 9000], ids=lambda text: ascii(text[:9]))
@pytest.mark.parametrize(
    ("name", "status"), [("X-Workspace-Id", 422), ("Authorization", 401), ("X-Request-Id", 200)]
)
def test_strange_headers(owner, name, status, value):
    reply = owner.person.request("GET", "/api/v1/projects", headers={name: value})
    assert reply.status == status
    assert as_id(reply.headers["X-Request-Id"])
