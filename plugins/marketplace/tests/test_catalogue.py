"""Looking for plugins, rating them, and what index files add."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from pronaflow_kernel.api import API_VERSION, Scope
from pronaflow_kernel.testing import Person, World

PLUGINS = "/api/v1/integration/plugins"
EDITOR = "markdown_editor"
HASH = "ab" * 32


def offered(**values: Any) -> dict[str, Any]:
    """An entry of an index."""
    manifest = {"manifest": 1, "id": "roses", "name": "Roses", "summary": "Counts roses", "api": ">=1.0,<2"}
    return {
        "distribution": "pronaflow-roses",
        "version": "1.2.0",
        "sha256": HASH,
        "content": HASH,
        "published_at": "2026-02-01T09:00:00Z",
        "manifest": {**manifest, "category": "garden", **values.pop("manifest", {})},
        **values,
    }


@pytest.fixture
def index(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Makes the server read an index: `index(offered(), ...)`."""

    def publish(*entries: Any) -> Path:
        file = tmp_path / "index.json"
        file.write_text(json.dumps({"index": 1, "plugins": entries}))
        object.__setattr__(world.kernel.settings.plugins, "index", (str(file),))
        return file

    yield publish
    object.__setattr__(world.kernel.settings.plugins, "index", ())


def slugs(person: Person, **query: Any) -> list[str]:
    return [row["slug"] for row in person.get(PLUGINS, page_size=100, **query).data]


def test_it_lists_what_is_installed_by_name_and_category(world: World, ann: Person) -> None:
    assert set(slugs(ann)) == set(world.kernel.plugins)
    assert slugs(ann, category="editing") == [EDITOR] == slugs(ann, search="MARKDOWN preview")
    assert slugs(ann, search="markdown absent") == []
    found = ann.get(PLUGINS, category="editing").data[0]
    assert ann.get(f"{PLUGINS}/{found['id']}").data == ann.get(f"{PLUGINS}/{EDITOR}").data
    names = {row["name"]: row["plugins"] for row in ann.get(f"{PLUGINS}/categories").data}
    assert names["editing"] == 1


def test_it_shows_what_a_plugin_asks_for(ann: Person) -> None:
    shown = ann.get(f"{PLUGINS}/{EDITOR}").data
    assert shown["manifest"]["hooks"] == ["task:editor", "extend_payload"]
    assert shown["manifest"]["permissions"] == ["read:tasks", "write:tasks"]
    assert shown["manifest"]["config_schema"]["additionalProperties"] is False
    assert shown["is_verified"] is False


def test_pages_and_cursors_walk_the_same_list(ann: Person) -> None:
    whole, walked, cursor = slugs(ann, sort_by="installs"), [], None
    while True:
        query = {"cursor": cursor} if cursor else {}
        answer = ann.get(PLUGINS, sort_by="installs", page_size=3, **query)
        walked += [row["slug"] for row in answer.data]
        cursor = answer.json["pagination"]["next_cursor"]
        if cursor is None:
            break
    assert walked == whole
    assert slugs(ann, sort_by="installs", page=1)[3:6] == [
        row["slug"] for row in ann.get(PLUGINS, sort_by="installs", page_size=3, page=2).data
    ]
    assert ann.get(PLUGINS, cursor="nonsense").status == 400


def test_everybody_rates_once_and_may_think_again(ann: Person, bob: Person) -> None:
    rating = f"{PLUGINS}/{EDITOR}/rating"
    before = ann.get(f"{PLUGINS}/{EDITOR}").data["rating_count"]
    assert ann.get(rating).status == 404
    assert ann.post(rating, {"rating": 2}).data["rating"] == 2
    assert ann.post(rating, {"rating": 5}).data["rating"] == 5
    bob.post(rating, {"rating": 4})
    shown = ann.get(f"{PLUGINS}/{EDITOR}").data
    assert shown["rating_count"] == before + 2
    assert slugs(ann)[0] == EDITOR
    assert [person.delete(rating).status for person in (ann, bob, bob)] == [204, 204, 404]
    assert ann.get(f"{PLUGINS}/{EDITOR}").data["rating_count"] == before
    for bad in (0, 6, 4.5, "5", None):
        assert ann.post(rating, {"rating": bad}).status == 422


def test_the_mean_has_one_decimal(world: World) -> None:
    people = [world.person() for _ in range(3)]
    path = f"{PLUGINS}/tasks"
    for person, stars in zip(people, (5, 5, 4), strict=True):
        person.post(f"{path}/rating", {"rating": stars})
    shown = people[0].get(path).data
    assert (shown["rating"], shown["rating_count"]) == (4.7, 3)


def test_installations_are_counted(ann: Person, bob: Person) -> None:
    count = ann.get(f"{PLUGINS}/{EDITOR}").data["install_count"]
    made = [person.post(f"{PLUGINS}/{EDITOR}/install", {}).data["id"] for person in (ann, bob)]
    assert ann.get(f"{PLUGINS}/{EDITOR}").data["install_count"] == count + 2
    ann.delete(f"{PLUGINS}/{made[0]}")
    assert ann.get(f"{PLUGINS}/{EDITOR}").data["install_count"] == count + 1


def test_an_index_adds_plugins_that_an_operator_must_install(ann: Person, index: Any) -> None:
    index(offered())
    assert slugs(ann, sort_by="newest")[0] == "roses"
    shown = ann.get(f"{PLUGINS}/roses").data
    assert (shown["version"], shown["sha256"], shown["is_available"]) == ("1.2.0", HASH, False)
    refused = ann.post(f"{PLUGINS}/{shown['id']}/install", {})
    assert refused.status == 409
    assert refused.json["error"]["details"] == {
        "reason": "not_on_this_server",
        "operator_command": "pronaflow plugins install roses",
    }


def test_an_index_is_read_again_when_it_changes(ann: Person, index: Any) -> None:
    index(offered())
    assert "roses" in slugs(ann)
    os.utime(index(), (1, 1))
    assert "roses" not in slugs(ann)


@pytest.mark.parametrize(
    ("report", "verified"),
    [
        ({}, True),
        ({"passed": False}, False),
        ({"api": "0.9"}, False),
        ({"content": "cd" * 32}, False),
    ],
)
def test_it_is_verified_by_a_report_on_this_code_and_this_api(
    ann: Person, index: Any, report: dict[str, Any], verified: bool
) -> None:
    whole = {"content": HASH, "api": API_VERSION, "passed": True, "checked_at": "2026-02-01T08:00:00Z"}
    index(offered(report={**whole, **report}))
    shown = ann.get(f"{PLUGINS}/roses").data
    assert shown["is_verified"] is verified
    assert shown["verified_at"] == ("2026-02-01T08:00:00Z" if verified else None)


def test_a_report_on_other_code_says_nothing_of_what_is_installed(
    world: World, ann: Person, index: Any
) -> None:
    code = world.kernel.contexts["marketplace"].plugins.all()[EDITOR]
    report = {"api": API_VERSION, "passed": True, "checked_at": "2026-02-01T08:00:00Z"}
    for content, verified, changed_at in ((HASH, False, 1), (code.content, True, 2)):
        entry = offered(content=content, report={**report, "content": content}, manifest={"id": EDITOR})
        os.utime(index(entry), (changed_at, changed_at))
        assert ann.get(f"{PLUGINS}/{EDITOR}").data["is_verified"] is verified


@pytest.mark.parametrize(
    "entry",
    [
        7,
        offered(sha256="short"),
        offered(published_at="yesterday"),
        offered(manifest={"id": "Bad Id"}),
        offered(manifest={"surprise": 1}),
        offered(report={"passed": "yes"}),
    ],
)
def test_a_lying_entry_is_left_out_and_the_others_stay(ann: Person, index: Any, entry: Any) -> None:
    index(entry, offered(distribution="pronaflow-tulips", manifest={"id": "tulips"}))
    found = slugs(ann)
    assert "tulips" in found and "roses" not in found


def test_a_file_that_is_no_index_is_left_out(ann: Person, index: Any) -> None:
    index().write_text("[]")
    assert EDITOR in slugs(ann)


def test_ratings_go_with_their_user(world: World) -> None:
    zoe = world.person("zoe")
    zoe.post(f"{PLUGINS}/projects/rating", {"rating": 1})
    count = zoe.get(f"{PLUGINS}/projects").data["rating_count"]
    with world.kernel.db.write(Scope.system(), origin="system") as uow:
        world.kernel.contributions["marketplace"].plugin.erase_user_data(uow, zoe.id)
    assert zoe.get(f"{PLUGINS}/projects").data["rating_count"] == count - 1
