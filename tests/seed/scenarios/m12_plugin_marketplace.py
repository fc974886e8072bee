"""A plugin that waits to be installed, and one that is installed and paused."""

from __future__ import annotations

from pronaflow_kernel.testing import Person, World

from ..case import Case, Effect
from ..sections import Scenario

PLUGINS = "/api/v1/integration/plugins"
INSTALLED = f"{PLUGINS}/installed"
EDITOR = "markdown_editor"


def _editor(person: Person) -> str:
    return str(person.get(f"{PLUGINS}/{EDITOR}").data["id"])


def _install(person: Person) -> str:
    body = {"configuration": {"toolbar": "full", "theme": "dark"}}
    return str(person.post(f"{PLUGINS}/{EDITOR}/install", body).data["id"])


def browse(world: World) -> Case:
    return Case(
        world.person("ann"),
        query={"category": ("editing",), "search": ("Markdown",)},
        keeps={"category": _is_editor, "search": _is_editor},
    )


def _is_editor(record: dict[str, object], _value: str) -> bool:
    return record["slug"] == EDITOR


def detail(world: World) -> Case:
    ann = world.person("ann")
    return Case(ann, {"plugin_id": _editor(ann)})


def install(world: World) -> Case:
    ann = world.person("ann")
    bindings = {"plugin_id": _editor(ann), "workspace_uuid": ann.workspace_id}
    return Case(ann, bindings, effect=Effect(INSTALLED, {"workspace_id": ann.workspace_id}))


def listed(world: World) -> Case:
    ann = world.person("ann")
    _install(ann)
    return Case(ann, query={"workspace_id": (ann.workspace_id,), "is_active": ("true", "false")})


def configure(world: World) -> Case:
    ann = world.person("ann")
    query = {"workspace_id": ann.workspace_id}
    return Case(ann, {"installation_id": _install(ann)}, effect=Effect(INSTALLED, query))


def uninstall(world: World) -> Case:
    ann = world.person("ann")
    query = {"workspace_id": ann.workspace_id}
    return Case(ann, {"installation_id": _install(ann)}, effect=Effect(INSTALLED, query))


CASES: Scenario = {
    f"GET {PLUGINS}": browse,
    f"GET {PLUGINS}/{{plugin_id}}": detail,
    f"POST {PLUGINS}/{{plugin_id}}/install": install,
    f"GET {INSTALLED}": listed,
    f"PATCH {PLUGINS}/{{installation_id}}/config": configure,
    f"DELETE {PLUGINS}/{{installation_id}}": uninstall,
}
