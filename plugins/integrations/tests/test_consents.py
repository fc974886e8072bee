"""What somebody agrees to: given once, taken back, counted, and kept as proof."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from pronaflow_integrations.api import Consents
from pronaflow_integrations.consents.keeping import CLEAR_CONSENTS, KEPT
from pronaflow_integrations.consents.models import Consent
from pronaflow_integrations.personal_data import collect, erase
from pronaflow_kernel.access.principal import Principal
from pronaflow_kernel.ids import new_id
from pronaflow_kernel.persistence.scope import Scope
from pronaflow_kernel.testing import Person, World

CONSENTS = "/api/v1/integration/consents"


def consent(**values: Any) -> dict[str, Any]:
    body = {"consent_type": "THIRD_PARTY", "resource_type": "slack_integration", "resource_id": "channel-1"}
    return {**body, "description": "Sync tasks to Slack", **values}


@pytest.fixture
def agreed(ann: Person) -> Any:
    return ann.post(CONSENTS, consent()).data


def test_a_consent_is_given_once(ann: Person, agreed: Any) -> None:
    assert (agreed["is_granted"], agreed["version"], agreed["user_id"]) == (True, 1, ann.id)
    again = ann.post(CONSENTS, consent(consent_type="third_party"))
    assert (again.status, again.error["details"]["consent_id"]) == (409, agreed["id"])
    assert ann.post(CONSENTS, consent(resource_id="channel-2")).status == 201


def test_what_was_taken_back_is_history(ann: Person, agreed: Any) -> None:
    assert ann.delete(f"{CONSENTS}/{agreed['id']}").status == 204
    taken = ann.get(f"{CONSENTS}/{agreed['id']}").data
    assert taken["is_granted"] is False
    assert taken["revoked_at"] is not None
    assert ann.delete(f"{CONSENTS}/{agreed['id']}").status == 204
    assert ann.post(CONSENTS, consent()).data["version"] == 2
    listed = ann.get(CONSENTS, resource_id="channel-1").data
    assert {each["version"]: each["is_granted"] for each in listed} == {1: False, 2: True}
    assert [each["version"] for each in ann.get(CONSENTS, is_granted="false").data] == [1]
    assert ann.get(CONSENTS, consent_type="marketing").data == []


def test_nobody_sees_or_ends_those_of_others(ann: Person, bob: Person, agreed: Any) -> None:
    for method in ("GET", "DELETE"):
        assert bob.request(method, f"{CONSENTS}/{agreed['id']}").status == 404
    assert bob.get(CONSENTS).data == []
    assert ann.get(f"{CONSENTS}/{agreed['id']}").data["is_granted"] is True


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"consent_type": "COOKIES"}, "consent_type"),
        ({"consent_type": None}, "consent_type"),
        ({"resource_type": "two words"}, "resource_type"),
        ({"resource_id": "x" * 101}, "resource_id"),
        ({"permissions": "read:tasks"}, "permissions"),
    ],
)
def test_what_is_wrong_is_named(ann: Person, wrong: dict[str, Any], field: str) -> None:
    reply = ann.post(CONSENTS, consent(**wrong))
    assert reply.status == 422
    assert [each["field"].split(".")[0] for each in reply.error["details"]["errors"]] == [field]


def test_the_status_counts_by_type(ann: Person, agreed: Any) -> None:
    ann.post(CONSENTS, consent(consent_type="ANALYTICS", resource_type="usage", resource_id=""))
    ann.delete(f"{CONSENTS}/{agreed['id']}")
    status = ann.get(f"{CONSENTS}/status").data
    assert status["compliance_status"] == "compliant"
    totals = ("total_consents", "granted_consents", "revoked_consents")
    assert [status[name] for name in totals] == [2, 1, 1]
    assert status["consents"] == [
        {"type": "THIRD_PARTY", "count": 1, "granted": 0, "revoked": 1},
        {"type": "ANALYTICS", "count": 1, "granted": 1, "revoked": 0},
    ]


def as_user(person: Person) -> Scope:
    return Scope(Principal("user", person.id))


def test_other_plugins_give_and_end_consents(world: World, ann: Person) -> None:
    consents = world.kernel.services.require(Consents)
    this = {"consent_type": "THIRD_PARTY", "resource_type": "plugin", "resource_id": new_id()}
    with world.kernel.db.write(as_user(ann)) as uow:
        consents.grant(uow, **this, permissions=["read:tasks"])
        assert consents.is_granted(uow, ann.id, **this)
        more = consents.grant(uow, **this, permissions=["read:tasks", "write:tasks"])
        assert more["number"] == 2
    with world.kernel.db.write(Scope.system()) as uow:
        gone = {name: this[name] for name in ("consent_type", "resource_id")}
        assert consents.revoke(uow, **gone) == 1
        assert consents.revoke(uow, **gone) == 0
        assert not consents.is_granted(uow, ann.id, **this)


def test_a_newer_policy_is_agreed_to_anew(world: World, ann: Person, agreed: Any) -> None:
    with world.kernel.db.write(Scope.system()) as uow:
        uow.execute(update(Consent).where(Consent.id == agreed["id"]).values(policy_version=0))
    again = ann.post(CONSENTS, consent())
    assert (again.status, again.data["version"], again.data["policy_version"]) == (201, 2, 1)
    assert ann.get(f"{CONSENTS}/{agreed['id']}").data["is_granted"] is False


def rows_of(world: World, kept: str) -> list[Any]:
    with world.kernel.db.read(Scope.system()) as reader:
        return [row for row in reader.all(select(Consent.__table__)) if row["id"] == kept]


def test_a_pseudonym_is_kept_for_seven_years(world: World, ann: Person, agreed: Any) -> None:
    with world.kernel.db.write(Scope.system()) as uow:
        assert collect(uow, ann.id)["consents"][0]["description"] == "Sync tasks to Slack"
        assert "pseudonym" in erase(uow, ann.id)
    (row,) = rows_of(world, agreed["id"])
    assert (row["user_id"], row["description"], row["resource_id"], row["is_granted"]) == (
        None,
        None,
        "",
        False,
    )
    assert row["pseudonym"] not in (None, ann.id)
    for late, left in ((timedelta(0), 1), (timedelta(seconds=1), 0)):
        world.clock.set(row["revoked_at"] + KEPT + late)
        with world.kernel.db.write(Scope.system()) as uow:
            world.kernel.contexts["integrations"].jobs.enqueue(uow, CLEAR_CONSENTS, {})
        world.drain()
        assert len(rows_of(world, agreed["id"])) == left
