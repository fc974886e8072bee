"""Places in pages: what fills them in which workspace, and the files that browsers load for it."""

from __future__ import annotations

from typing import Any

import pytest

from pronaflow_kernel.testing import Person, World

SLOTS = "/api/v1/ui/slots"
PLUGINS = "/api/v1/integration/plugins"
EDITOR = "markdown_editor"


@pytest.fixture
def installation(ann: Person) -> str:
    body = {"configuration": {"theme": "dark"}}
    return str(ann.post(f"{PLUGINS}/{EDITOR}/install", body).data["id"])


def shown(person: Person, **query: Any) -> list[str]:
    return [row["plugin_id"] for row in person.get(SLOTS, workspace_id=person.workspace_id, **query).data]


def test_an_element_is_shown_where_its_plugin_is_installed(
    ann: Person, bob: Person, installation: str
) -> None:
    [row] = ann.get(SLOTS).data
    address = row.pop("module_url")
    assert row == {
        "slot": "task:editor",
        "plugin_id": EDITOR,
        "plugin_name": "Markdown Editor",
        "element": "pronaflow-markdown-editor",
        "order": 100,
        "configuration": {"theme": "dark"},
    }
    assert address.startswith(f"/static/plugins/{EDITOR}/") and address.endswith("/editor.js")
    assert shown(bob) == []


def test_it_is_gone_where_the_plugin_is_paused_or_removed(ann: Person, installation: str) -> None:
    one = f"{PLUGINS}/{installation}"
    for method, body, expected in (
        ("PATCH", {"is_active": False}, []),
        ("PATCH", {"is_active": True}, [EDITOR]),
        ("DELETE", None, []),
    ):
        ann.request(method, one, body)
        assert shown(ann) == expected


def test_one_place_may_be_asked_for(ann: Person, installation: str) -> None:
    assert shown(ann, slot="task:editor") == [EDITOR]
    assert shown(ann, slot="task:sidebar") == []
    assert ann.get(SLOTS, slot="x" * 82).faults == {"slot"}


def test_it_costs_four_statements(world: World, ann: Person, installation: str) -> None:
    """Who asks, whether they are a member, what the workspace has, and what is off there."""
    with world.statements() as sent:
        ann.get(SLOTS, workspace_id=ann.workspace_id)
    assert len(sent) == 4


class TestFiles:
    """What stands at `module_url`: public, since browsers send no credential along with a module."""

    @pytest.fixture
    def address(self, ann: Person, installation: str) -> str:
        return str(ann.get(SLOTS).data[0]["module_url"])

    def test_they_are_kept_by_browsers_and_do_nothing_but_what_they_are_loaded_for(
        self, world: World, address: str
    ) -> None:
        told = world.anonymous().get(address)
        assert told.status == 200 and b"customElements.define" in told.body
        assert "immutable" in told.headers["Cache-Control"]
        assert told.headers["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'none'" in told.headers["Content-Security-Policy"]

    def test_nothing_else_of_the_plugin_is_there(self, world: World, address: str) -> None:
        folder = address.rpartition("/")[0]
        for name in (
            "plugin.toml",
            "../plugin.toml",
            "..%2Fplugin.toml",
            "%2e%2e/plugin.py",
            "nothing.js",
            "",
        ):
            assert world.anonymous().get(f"{folder}/{name}").status == 404

    def test_other_code_has_another_address(self, world: World, address: str) -> None:
        digits = address.split("/")[4]
        for other in ("0" * 16, digits[:-1], ""):
            assert world.anonymous().get(address.replace(digits, other)).status == 404
        assert world.anonymous().get(address.replace(EDITOR, "tasks")).status == 404

    def test_they_go_with_the_plugin_off_the_whole_server(self, world: World, address: str) -> None:
        world.kernel.switches.set(EDITOR, False)
        gone = world.anonymous().get(address).status
        world.kernel.switches.set(EDITOR, True)
        assert (gone, world.anonymous().get(address).status) == (404, 200)
