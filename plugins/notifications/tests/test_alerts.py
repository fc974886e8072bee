"""Alerts about one's account, which are told whatever one has chosen; and invitations."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from pronaflow_kernel.testing import Person, World

from .conftest import URL, told

AUTH = "/api/v1/auth"
PASSWORD = "Violet-Meadow-71"
NUMBERS = itertools.count(1)


def sign_in(person: Person, agent: str, password: str = PASSWORD, email: str = "") -> Any:
    person.client.environ_base |= {"HTTP_USER_AGENT": agent}
    answer = person.post(f"{AUTH}/login", {"email": email or person.email, "password": password})
    if answer.status == 200:
        person.token = answer.data["access_token"]
    return answer


@pytest.fixture
def nina(world: World) -> Person:
    """Somebody with a password, who hears of no notifications in the application and mutes what there is."""
    nina = world.anonymous()
    nina.username = f"nina_{next(NUMBERS)}"
    nina.email = f"{nina.username}@example.com"
    body = {"email": nina.email, "username": nina.username, "full_name": "Nina", "password": PASSWORD}
    nina.id = nina.post(f"{AUTH}/register", body).data["user_id"]
    assert sign_in(nina, "Firefox").status == 200
    nina.patch(f"{URL}/preferences", {"in_app_notifications": False})
    nina.put(f"{URL}/mutes", {"type": "security_alert"})
    world.drain()
    return nina


def titles(person: Person) -> list[str]:
    return [row["title"] for row in person.get(URL).data]


def test_a_first_sign_in_and_a_known_device_are_no_news(world: World, nina: Person) -> None:
    sign_in(nina, "Firefox")
    world.drain()
    assert titles(nina) == []


def test_a_new_device_is_told(world: World, nina: Person) -> None:
    sign_in(nina, "Opera")
    world.drain()
    (found,) = nina.get(URL).data
    assert (found["type"], found["title"]) == ("security_alert", "Sign-in from a new device")
    assert (found["priority"], found["workspace_id"], found["reasons"]) == ("high", None, ["account"])


def test_a_new_password_is_told_to_who_set_it_for_it_may_not_be_the_owner(world: World, nina: Person) -> None:
    body = {"current_password": PASSWORD, "new_password": "Purple-Garden-93"}
    assert nina.post(f"{AUTH}/password-change", body).status == 200
    sign_in(nina, "Firefox", "Purple-Garden-93")
    world.drain()
    assert titles(nina) == ["Your password was changed"]


def test_locks_are_told(world: World, nina: Person) -> None:
    for _ in range(6):
        sign_in(world.anonymous(), "Guesser", "Wrong-Meadow-71", nina.email)
    world.drain()
    assert titles(nina) == ["Failed sign-ins to your account"]


def test_who_has_an_account_is_told_of_an_invitation(world: World, ann: Person) -> None:
    bob = world.person("bob")
    body = {"email": bob.email, "role": "member"}
    assert ann.post(f"/api/v1/workspaces/{ann.workspace_id}/invitations", body).status == 201
    world.drain()
    (found,) = bob.get(URL).data
    name = ann.get(f"/api/v1/workspaces/{ann.workspace_id}").data["name"]
    assert found["type"] == "workspace_invitation"
    assert found["message"] == f"Ann invites you to the workspace '{name}'; a link was mailed to you"
    assert len(world.outbox.to(bob.email)) == 1, "the invitation's own mail, and no second one"
    assert told(ann) == []
