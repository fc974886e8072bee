"""What a key does not do: it outlives no refusal and no right, and is nothing on other routes."""

from __future__ import annotations

import pytest

from pronaflow_kernel.ids import new_id
from pronaflow_kernel.testing import Person, World
from pronaflow_kernel.web.blueprint import PUBLIC, Blueprint

from .keyed import NOTES, THINGS, records, replayed, same, send, set_role, titles


class TestRefusals:
    def test_a_refusal_uses_up_no_key(self, world: World, ann: Person) -> None:
        key, taken = new_id(), new_id()
        assert send(ann, new_id(), {"name": taken}, THINGS).status == 201
        assert send(ann, key, {"name": taken}, THINGS).status == 409
        assert send(ann, key, {"name": ""}, THINGS).status == 422
        assert len(records(world, ann)) == 1
        mended = send(ann, key, {"name": new_id()}, THINGS)
        assert mended.status == 201 and not replayed(mended)

    def test_who_lost_the_right_is_not_shown_the_answer(self, world: World, ann: Person, bob: Person) -> None:
        world.join(ann.workspace_id, bob, "member")
        there = {"X-Workspace-Id": ann.workspace_id}
        key = new_id()
        assert send(bob, key, **there).status == 201
        set_role(world, ann, bob, role="viewer")
        assert send(bob, key, **there).status == 403
        set_role(world, ann, bob, is_active=False)
        assert send(bob, key, **there).status == 404
        set_role(world, ann, bob, is_active=True, role="member")
        assert replayed(send(bob, key, **there))

    @pytest.mark.parametrize(
        "key",
        ["", " ", "two words", "x" * 256, "ü", "tab\there"],
        ids=["none", "space", "spaces", "long", "ü", "tab"],
    )
    def test_a_key_has_a_form(self, ann: Person, key: str) -> None:
        reply = send(ann, key)
        assert (reply.status, reply.error["code"]) == (400, "INVALID_REQUEST")
        assert "1 to 255 visible ASCII characters" in reply.error["message"]
        assert titles(ann) == []

    @pytest.mark.parametrize("key", ["!", "~" * 255, '"8e03978e-40d5-43dd-bc93-6894a57f9324"'])
    def test_and_no_other_rule(self, ann: Person, key: str) -> None:
        assert same(send(ann, key), send(ann, key))

    def test_nobody_learns_of_keys_without_a_credential(self, world: World) -> None:
        assert send(world.anonymous(), "two words").status == 401

    def test_a_body_that_cannot_be_read_is_refused_where_none_is_needed(self, ann: Person) -> None:
        path, headers = f"{THINGS}/said", {"Idempotency-Key": new_id()}
        assert ann.request("POST", path, data=b"{", headers=headers).status == 400
        plain = {**headers, "Content-Type": "text/plain"}
        assert ann.request("POST", path, data=b"{}", headers=plain).status == 415


class TestRoutesWithoutKeys:
    def test_the_header_is_ignored_there(self, ann: Person) -> None:
        key = {"Idempotency-Key": "two words"}
        note = ann.post(NOTES, {"title": "x"}).data
        address = f"{NOTES}/{note['id']}"
        assert ann.request("GET", address, headers=key).status == 200
        assert ann.request("PATCH", address, {"title": "y"}, headers=key).status == 200
        assert ann.request("DELETE", address, headers=key).status == 200
        for _ in range(2):
            reply = send(ann, "1", {"name": new_id()}, f"{THINGS}/unkeyed")
            assert reply.status == 200 and not replayed(reply)

    def test_a_route_cannot_promise_what_it_cannot_keep(self) -> None:
        blp = Blueprint("things", url_prefix="/x", tag="X")
        for wrong in (
            {"method": "PATCH", "permission": "x"},
            {"method": "POST", "permission": PUBLIC},
            {"method": "POST", "permission": "x", "writes": False},
        ):
            with pytest.raises(ValueError, match="takes no key"):
                blp.endpoint(rule="/y", idempotency="replay", **wrong)
        with pytest.raises(ValueError, match="makes no record"):
            blp.endpoint("POST", "/y", permission="x", idempotency="reference")


def test_the_document_names_the_header_where_it_counts(world: World) -> None:
    paths = world.anonymous().get("/openapi.json").json["paths"]

    def named(path: str, method: str = "post") -> set[str]:
        parameters = paths[path][method].get("parameters", [])
        return {each["$ref"].rpartition("/")[2] for each in parameters if "$ref" in each}

    assert named(NOTES) == {"IdempotencyKey"}
    assert named(f"{THINGS}/locked") == {"IdempotencyKeyOnce"}
    assert named(f"{THINGS}/unkeyed") == named("/api/v1/auth/login") == set()
    assert named(f"{NOTES}/{{note_id}}", "patch") == {"IfMatch"}
    answers = paths[f"{THINGS}/said"]["post"]["responses"]
    assert {"400", "409", "413", "415", "422"} <= answers.keys()
    assert "Idempotency-Replayed" in answers["200"]["headers"]
