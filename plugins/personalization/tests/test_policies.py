"""What a workspace chooses for its members."""

from __future__ import annotations

from typing import Any

import pytest

from pronaflow_kernel.testing import Person, World

PATH = "/api/v1/preferences"


@pytest.fixture
def member(world: World, ann: Person) -> Person:
    person = world.person("member")
    world.join(ann.workspace_id, person, "member")
    return person


def url(ann: Person) -> str:
    return f"{PATH}/workspaces/{ann.workspace_id}"


def shown(ann: Person, person: Person) -> Any:
    return person.get(PATH, workspace_id=ann.workspace_id).data


def test_a_workspace_that_has_chosen_nothing_says_so(ann: Person) -> None:
    assert ann.get(url(ann)).data == {
        "id": ann.workspace_id,
        "workspace_id": ann.workspace_id,
        "values": {},
        "mandatory": [],
        "updated_at": None,
    }


def test_what_it_chooses_holds_where_a_member_has_chosen_nothing(ann: Person, member: Person) -> None:
    values = {"theme": "dark", "timezone": "Asia/Tokyo", "accessibility": {"reduced_motion": True}}
    assert ann.patch(url(ann), {"values": values}).data["values"] == values
    member.patch(PATH, {"theme": "light"})

    here = shown(ann, member)
    assert (here["theme"], here["timezone"], here["workspace_id"]) == (
        "light",
        "Asia/Tokyo",
        ann.workspace_id,
    )
    assert here["accessibility"]["reduced_motion"] is True
    assert {key: here["sources"][key] for key in ("theme", "timezone", "accessibility.reduced_motion")} == {
        "theme": "user",
        "timezone": "workspace",
        "accessibility.reduced_motion": "workspace",
    }
    elsewhere = member.get(PATH).data
    assert (elsewhere["timezone"], elsewhere["sources"]["timezone"]) == ("UTC", "system")


def test_the_header_names_the_workspace_too(ann: Person, member: Person) -> None:
    ann.patch(url(ann), {"values": {"theme": "dark"}})

    reply = member.request("GET", PATH, headers={"X-Workspace-Id": ann.workspace_id})
    assert reply.data["theme"] == "dark"


def test_what_is_mandatory_wins_and_what_was_chosen_comes_back_with_its_end(
    ann: Person, member: Person
) -> None:
    member.patch(PATH, {"language": "vi-VN", "accessibility": {"high_contrast": False}})
    body = {
        "values": {"language": "en-US", "accessibility": {"high_contrast": True}},
        "mandatory": ["language", "accessibility.high_contrast"],
    }
    assert ann.patch(url(ann), body).data["mandatory"] == ["accessibility.high_contrast", "language"]

    here = shown(ann, member)
    assert (here["language"], here["accessibility"]["high_contrast"]) == ("en-US", True)
    assert here["sources"]["language"] == "policy"
    assert member.patch(PATH, {"language": "vi-VN"}).status == 200

    ann.patch(url(ann), {"mandatory": []})
    assert shown(ann, member)["language"] == "vi-VN"


def test_a_patch_merges_and_a_put_replaces(ann: Person) -> None:
    ann.patch(url(ann), {"values": {"theme": "dark", "font_size": "large"}, "mandatory": ["theme"]})

    after = ann.patch(url(ann), {"values": {"theme": None}}).data
    assert (after["values"], after["mandatory"]) == ({"font_size": "large"}, [])

    after = ann.put(url(ann), {"values": {"timezone": "UTC"}}).data
    assert (after["values"], after["mandatory"]) == ({"timezone": "UTC"}, [])


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"values": {"theme": "neon"}}, "values.theme"),
        ({"values": {"timezone": "Mars"}}, "values.timezone"),
        ({"values": {"notifications": {"sound_enabled": False}}}, "values.notifications"),
        ({"mandatory": ["theme"]}, "mandatory"),
        ({"values": {"theme": "dark"}, "mandatory": ["colour"]}, "mandatory.0"),
        ({"theme": "dark"}, "theme"),
    ],
)
def test_what_cannot_be_chosen_is_refused(ann: Person, body: Any, field: str) -> None:
    assert ann.patch(url(ann), body).faults == {field}
    assert ann.get(url(ann)).data["values"] == {}


def test_members_read_it_and_those_who_run_the_workspace_write_it(
    ann: Person, bob: Person, member: Person
) -> None:
    assert member.get(url(ann)).status == 200
    assert member.patch(url(ann), {"values": {"theme": "dark"}}).status == 403
    assert bob.get(url(ann)).status == 404
    assert bob.patch(url(ann), {"values": {"theme": "dark"}}).status == 404
    assert bob.get(PATH, workspace_id=ann.workspace_id).status == 404


def test_an_empty_patch_changes_nothing(ann: Person) -> None:
    before = ann.patch(url(ann), {"values": {"theme": "dark"}, "mandatory": ["theme"]}).data

    assert ann.patch(url(ann), {}).data == before
