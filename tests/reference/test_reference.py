"""The reference pages say what the code declares, and what they are made from fits together."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from pronaflow_kernel.plugins.specs import kernel_specs
from pronaflow_kernel.web.blueprint import PUBLIC

from . import __main__ as command
from .errors import GENERAL
from .events import owned as owned_events
from .hooks import TRANSACTIONS
from .installation import KERNEL, ROOT, packages, plugins, provided, routes
from .pages import FOLDER, PAGES
from .permissions import owned as owned_permissions
from .settings import read_in_code, shape


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_up_to_date(name, server):
    assert (FOLDER / f"{name}.md").read_text(encoding="utf-8") == PAGES[name](server), (
        "run python -m tests.reference"
    )


def test_the_command_finds_nothing_to_do_in_another_process():
    done = subprocess.run(
        [sys.executable, "-m", "tests.reference", "--check"],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_stale_page_is_named_and_written(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(command, "FOLDER", tmp_path)
    monkeypatch.setattr(
        command, "PAGES", {"hooks": lambda _world: "new\n", "errors": lambda _world: "same\n"}
    )
    (tmp_path / "errors.md").write_text("same\n")

    with pytest.raises(SystemExit) as refused:
        command.main(["--check"])
    assert refused.value.code == 1
    assert "out of date: hooks.md;" in capsys.readouterr().err
    assert not (tmp_path / "hooks.md").exists()

    command.main([])
    assert (tmp_path / "hooks.md").read_text() == "new\n"


def test_every_hook_says_in_which_transaction_it_is_asked():
    first = {spec.arguments[0].type for spec in kernel_specs().values() if spec.arguments}
    assert first == set(TRANSACTIONS)


def test_every_permission_is_demanded_by_a_route_or_asked_for_in_its_plugin(server):
    code = {
        package.name.removeprefix("pronaflow_"): "".join(file.read_text() for file in package.rglob("*.py"))
        for package in packages()
    }
    demanded = {route.permission for route in routes(server)}
    unused = [
        permission.name
        for owner, permission in owned_permissions(server)
        if permission.name not in demanded and f'"{permission.name}"' not in code[owner]
    ]
    assert unused == []


READS = {"`POST /api/v1/notifications/stream-ticket`"}
"""What opens a read and nothing else, for browsers that cannot send a header with it."""


def test_a_route_demands_a_scope_that_reads_exactly_if_it_is_a_get(server):
    scopes = {permission.name: permission.scope for _, permission in owned_permissions(server)}
    assert [
        str(route)
        for route in routes(server)
        if route.permission != PUBLIC
        # No token can have a scope of administration: there nothing is to be told apart.
        and not scopes[route.permission].startswith("admin:")
        and scopes[route.permission].startswith("read:") != (route.method == "get" or str(route) in READS)
    ] == []


def test_a_manifest_names_the_events_that_its_plugin_declares(server):
    for plugin in plugins(server):
        manifest = server.kernel.plugins[plugin].manifest
        declared = {event.name for event in provided(server, plugin, "event_types")}
        kernels = {event.name for owner, event in owned_events(server) if owner == KERNEL}
        assert declared <= set(manifest.emits) <= declared | kernels, plugin


def test_a_manifest_names_the_scopes_of_its_permissions(server):
    for plugin in plugins(server):
        scopes = {permission.scope for permission in provided(server, plugin, "permissions")}
        assert set(server.kernel.plugins[plugin].manifest.permissions) >= scopes, plugin


def test_a_setting_that_is_read_is_found():
    read = read_in_code()
    assert {("", "environment"), ("", "public_url"), ("server", "port"), ("mail", "url")} <= read
    assert {("workspaces", "default_timezone"), ("auth", "reset_ttl"), ("limits", "url_bytes")} <= read
    assert ("limits", "no_such_key") not in read


def test_every_section_of_settings_is_on_the_page(server):
    page = PAGES["settings"](server)
    assert [name for name in shape(server) if name and f"\n## [{name}]\n" not in page] == []


def test_the_general_codes_of_a_validation_are_real(server):
    ann = server.person("ann")
    asked = [
        ann.post("/api/v1/projects", {}),
        ann.post("/api/v1/projects", {"name": "Website", "nonsense": 1}),
        ann.post("/api/v1/projects", {"name": 1}),
    ]
    assert {fault["code"] for reply in asked for fault in reply.error["details"]["errors"]} == set(GENERAL)
