"""A plugin in a workspace, from its consent to the end of its data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from pronaflow_kernel.ids import new_id
from pronaflow_kernel.testing import Person, World
from pronaflow_kernel.testing.world import START

SAFE = "<p><strong>now</strong> &lt;script&gt;x&lt;/script&gt;</p>\n"
PLUGINS = "/api/v1/integration/plugins"
EDITOR = "markdown_editor"
FULL = {"toolbar": "full", "theme": "dark"}


@pytest.fixture(autouse=True)
def _morning(world: World) -> None:
    """Each test begins at the same instant, wherever the one before left the clock."""
    world.clock.set(START)


@pytest.fixture
def install() -> Callable[..., Any]:
    """Installs the editor: `install(ann, configuration={})`; the whole answer."""
    return lambda person, **body: person.post(f"{PLUGINS}/{EDITOR}/install", body)


def rendered(world: World, person: Person) -> Any:
    """What the plugin adds to a new task of somebody; None where it adds nothing."""
    world.drain()  # a switch counts within a second, in this process once its transaction is over
    project = person.post("/api/v1/projects", {"name": "Site"}).data["id"]
    body = {"project_id": project, "title": "Write", "description": "**now** <script>x</script>"}
    task = person.post("/api/v1/tasks", body).data["id"]
    return person.get(f"/api/v1/tasks/{task}").data.get("ext", {}).get(EDITOR)


def installed(person: Person, **query: Any) -> list[Any]:
    found = person.get(f"{PLUGINS}/installed", workspace_id=person.workspace_id, **query)
    assert found.status == 200
    return list(found.data)


def test_it_is_on_where_it_is_installed_and_nowhere_else(
    world: World, ann: Person, bob: Person, install: Callable[..., Any]
) -> None:
    assert rendered(world, ann) is None
    made = install(ann, configuration=FULL)
    assert made.status == 201 and made.data["is_active"] is True and made.data["configuration"] == FULL
    assert made.data["permissions"] == ["read:tasks", "write:tasks"]
    assert rendered(world, ann) == {"description_html": SAFE}
    assert rendered(world, bob) is None
    assert installed(bob) == []
    [row] = installed(ann)
    assert (row["plugin_name"], row["version"], row["installed_by"]) == ("Markdown Editor", "2.1.0", ann.id)


def test_it_is_paused_and_goes_on(world: World, ann: Person, install: Callable[..., Any]) -> None:
    one = f"{PLUGINS}/{install(ann).data['id']}"
    assert ann.patch(one, {"is_active": False}).data["is_active"] is False
    assert rendered(world, ann) is None
    assert installed(ann, is_active=True) == [] and len(installed(ann, is_active=False)) == 1
    assert ann.patch(one, {"is_active": True}).data["is_active"] is True
    assert rendered(world, ann) is not None
    told = [event["type"] for event in world.events(ann.workspace_id) if event["type"].startswith("plugin.")]
    assert told == ["plugin.installed", "plugin.deactivated", "plugin.activated"]


def test_the_switch_of_an_operator_shows_in_the_list(
    world: World, ann: Person, install: Callable[..., Any]
) -> None:
    install(ann)
    world.kernel.switches.set(EDITOR, False, ann.workspace_id)
    assert [row["is_active"] for row in installed(ann)] == [False]


def test_the_configuration_is_held_to_the_schema(
    world: World, ann: Person, install: Callable[..., Any]
) -> None:
    refused = install(ann, configuration={"toolbar": "huge", "theme": 3, "odd": 1})
    assert refused.status == 422
    named = [problem["field"] for problem in refused.json["error"]["details"]["errors"]]
    assert named == ["configuration", "configuration.theme", "configuration.toolbar"]
    assert installed(ann) == [] and rendered(world, ann) is None
    one = f"{PLUGINS}/{install(ann, configuration=FULL).data['id']}/config"
    assert ann.patch(one, {"configuration": {"theme": "pink"}}).status == 422
    changed = ann.patch(one, {"configuration": {"theme": "light"}})
    assert changed.status == 200 and changed.data["configuration"] == {"theme": "light"}


def test_the_status_of_integrations_counts_it(ann: Person, install: Callable[..., Any]) -> None:
    def counted() -> Any:
        return ann.get("/api/v1/integration/status").data["plugins"]

    made = install(ann).data
    assert counted() == {"status": "operational", "installed_plugins": 1}
    ann.delete(f"{PLUGINS}/{made['id']}")
    assert counted()["installed_plugins"] == 0


def test_it_is_installed_once(ann: Person, install: Callable[..., Any]) -> None:
    first = install(ann).data["id"]
    again = install(ann)
    assert again.status == 409 and again.json["error"]["details"]["installation_id"] == first


def test_a_workspace_has_so_many_plugins_at_most(
    ann: Person, install: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pronaflow_marketplace.installations.service.MOST", 0)
    refused = install(ann)
    assert refused.status == 409 and "at most 0 plugins" in refused.json["error"]["message"]
    assert installed(ann) == []


def test_a_plugin_of_the_server_is_not_installed(ann: Person) -> None:
    refused = ann.post(f"{PLUGINS}/integrations/install", {})
    assert refused.status == 409 and "every workspace" in refused.json["error"]["message"]


def test_there_is_no_plugin_of_that_name(ann: Person) -> None:
    for named in ("nonsense", new_id()):
        assert ann.get(f"{PLUGINS}/{named}").status == 404
        assert ann.post(f"{PLUGINS}/{named}/install", {}).status == 404


def test_consent_is_to_what_is_asked_for(ann: Person, install: Callable[..., Any]) -> None:
    refused = install(ann, permissions=["read:tasks"])
    assert refused.status == 422 and "read:tasks, write:tasks" in refused.json["error"]["message"] + str(
        refused.json["error"]["details"]
    )
    assert install(ann, permissions=["write:tasks", "read:tasks"]).status == 201


def test_nobody_consents_to_what_they_do_not_have(ann: Person, install: Callable[..., Any]) -> None:
    body = {"name": "Bot", "scopes": ["write:plugins", "read:tasks"], "workspace_id": ann.workspace_id}
    token = ann.post("/api/v1/integration/tokens", body).data["token"]
    refused = install(replace(ann, token=token))
    assert refused.status == 403
    assert refused.json["error"]["details"]["permissions"] == ["write:tasks"]
    assert installed(ann) == []


def test_only_those_who_run_a_workspace_install(
    world: World, ann: Person, install: Callable[..., Any]
) -> None:
    member, stranger = world.person("mia"), world.person("zoe")
    world.join(ann.workspace_id, member, "member")
    assert install(member, workspace_id=ann.workspace_id).status == 403
    assert install(stranger, workspace_id=ann.workspace_id).status == 404
    one = f"{PLUGINS}/{install(ann).data['id']}"
    assert len(installed(member)) == 1
    for person, status in ((member, 403), (stranger, 404)):
        assert person.patch(f"{one}/config", {"configuration": {}}).status == status
        assert person.delete(one).status == status


def test_what_it_requires_must_be_on(world: World, ann: Person, install: Callable[..., Any]) -> None:
    world.kernel.switches.set("tasks", False, ann.workspace_id)
    try:
        refused = install(ann)
        assert refused.status == 409 and refused.json["error"]["details"]["must_follow"] == ["tasks"]
        assert installed(ann) == []
    finally:
        world.kernel.switches.set("tasks", True, ann.workspace_id)


def test_one_that_is_off_for_the_whole_server_says_what_to_do(
    world: World, ann: Person, install: Callable[..., Any]
) -> None:
    world.kernel.switches.set(EDITOR, False)
    try:
        refused = install(ann)
        assert refused.status == 409
        assert refused.json["error"]["details"] == {
            "reason": "plugin_disabled",
            "operator_command": f"pronaflow plugins show {EDITOR}",
        }
    finally:
        world.kernel.switches.set(EDITOR, True)


def test_it_is_uninstalled_and_brought_back_with_its_row(
    world: World, ann: Person, install: Callable[..., Any]
) -> None:
    first = install(ann, configuration=FULL).data["id"]
    assert ann.delete(f"{PLUGINS}/{first}").status == 204
    assert rendered(world, ann) is None and installed(ann) == []
    assert ann.delete(f"{PLUGINS}/{first}").status == 404
    world.clock.set(START + timedelta(days=29))
    world.drain()
    back = install(ann)
    assert back.status == 201 and back.data["id"] == first and back.data["configuration"] == {}
    assert rendered(world, ann) is not None


def test_after_thirty_days_nothing_is_left(world: World, ann: Person, install: Callable[..., Any]) -> None:
    first = install(ann).data["id"]
    ann.delete(f"{PLUGINS}/{first}")
    clearing = world.kernel.contributions["marketplace"].jobs[0]
    world.clock.set(START + timedelta(days=30))
    clearing.run(None, {})
    assert install(ann).data["id"] != first


def test_a_newer_version_that_asks_for_more_waits_for_consent(
    world: World, ann: Person, install: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = install(ann).data
    assert made["needs_update"] is False
    code = world.kernel.plugins[EDITOR].candidate
    more = replace(code.manifest, permissions=("read:tasks", "write:tasks", "read:users"))
    monkeypatch.setattr(
        world.kernel.plugins[EDITOR], "candidate", replace(code, version="3.0.0", manifest=more)
    )
    [row] = installed(ann)
    assert row["needs_update"] is True and row["permissions_missing"] == ["read:users"]
    agreed = ann.post(f"{PLUGINS}/{made['id']}/update", {})
    assert agreed.status == 200 and agreed.data["needs_update"] is False
    assert agreed.data["permissions"] == ["read:tasks", "read:users", "write:tasks"]


def test_the_consent_stands_among_all_that_one_agreed_to(ann: Person, install: Callable[..., Any]) -> None:
    made = install(ann).data["id"]
    [consent] = ann.get("/api/v1/integration/consents").data
    assert (consent["consent_type"], consent["resource_type"]) == ("THIRD_PARTY", "plugin")
    assert (consent["resource_id"], consent["is_granted"]) == (made, True)
    assert ann.get("/api/v1/integration/consents/status").data["compliance_status"] == "compliant"
    ann.delete(f"/api/v1/integration/consents/{consent['id']}")
    assert ann.get("/api/v1/integration/consents/status").data["compliance_status"] == "action_required"
    ann.delete(f"{PLUGINS}/{made}")
    assert ann.get("/api/v1/integration/consents/status").data["compliance_status"] == "compliant"
    assert install(ann).status == 201
    granted = ann.get("/api/v1/integration/consents", is_granted=True).data
    assert [each["version"] for each in granted] == [2]


def consent_of(person: Person) -> str:
    """The path of the consent that somebody has given."""
    [consent] = person.get("/api/v1/integration/consents", is_granted=True).data
    return f"/api/v1/integration/consents/{consent['id']}"


def test_it_stops_when_the_consent_is_taken_back(
    world: World, ann: Person, bob: Person, install: Callable[..., Any]
) -> None:
    one = f"{PLUGINS}/{install(ann, configuration=FULL).data['id']}"
    install(bob)
    assert ann.delete(consent_of(ann)).status == 204
    assert rendered(world, ann) is None and rendered(world, bob) is not None
    [row] = installed(ann)
    assert (row["is_active"], row["needs_update"], row["permissions"]) == (False, True, [])
    assert row["permissions_missing"] == ["read:tasks", "write:tasks"] and row["configuration"] == FULL
    told = [event["type"] for event in world.events(ann.workspace_id) if event["type"].startswith("plugin.")]
    assert told == ["plugin.installed", "plugin.deactivated"]
    status = ann.get("/api/v1/integration/consents/status").data
    assert status["compliance_status"] == "compliant"
    assert ann.delete(one).status == 204


def test_after_that_it_goes_on_once_somebody_agrees_anew(
    world: World, ann: Person, install: Callable[..., Any]
) -> None:
    one = f"{PLUGINS}/{install(ann).data['id']}"
    ann.delete(consent_of(ann))
    world.drain()
    refused = ann.patch(one, {"is_active": True})
    assert refused.status == 409 and refused.json["error"]["details"] == {"reason": "no_consent"}
    admin = world.person()
    world.join(ann.workspace_id, admin, "admin")
    agreed = admin.post(f"{one}/update", {}).data
    assert (agreed["needs_update"], agreed["installed_by"]) == (False, admin.id)
    assert admin.patch(one, {"is_active": True}).data["is_active"] is True
    assert rendered(world, ann) is not None
    admin.delete(consent_of(admin))
    assert rendered(world, ann) is None


def test_a_consent_that_was_given_anew_in_the_meantime_counts(
    world: World, ann: Person, install: Callable[..., Any]
) -> None:
    made = install(ann).data["id"]
    ann.delete(consent_of(ann))
    again = {"consent_type": "third_party", "resource_type": "plugin", "resource_id": made}
    assert ann.post("/api/v1/integration/consents", again).status == 201
    assert rendered(world, ann) is not None
