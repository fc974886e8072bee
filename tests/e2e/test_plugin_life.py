"""The whole life of a plugin: written, published, installed, agreed to, updated, removed, brought back."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from .environment import ROOT, Environment, build, call
from .server import Caller, Site, wait_for

PLUGINS = "/api/v1/integration/plugins"
NOTES = "/api/v1/rose-garden"
ROSES = "rose_garden"

pytestmark = pytest.mark.install


@pytest.fixture
def open_folder():
    """A folder that other users may enter: as root, the PostgreSQL of an environment runs as one of them."""
    with TemporaryDirectory(prefix="pronaflow-environment-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


class Garden:
    """The source of a plugin that somebody writes outside this repository.

    Arguments:
        folder: where it is made.
        programs: of an environment with the kernel.
    """

    def __init__(self, folder: Path, programs: Path) -> None:
        call(programs / "pronaflow", "plugins", "new", ROSES, "--with", "model,routes", folder=folder)
        self.source = folder / "pronaflow-rose-garden"
        self.wheels = folder / "wheels"
        self._change("src/pronaflow_rose_garden/plugin.toml", r'scope = "system".*', 'scope = "workspace"')

    def _change(self, name: str, what: str, into: str) -> None:
        file = self.source / name
        text, times = re.subn(what, into, file.read_text())
        assert times == 1
        file.write_text(text)

    def wheel(self, version: str) -> Path:
        """The wheel of a version."""
        self._change("pyproject.toml", r'(?m)^version = ".*"', f'version = "{version}"')
        build(self.source, self.wheels, "--wheel")
        [found] = self.wheels.glob(f"*-{version}-*.whl")
        return found

    def ask_for_more(self) -> None:
        """Let the next version want to read tasks."""
        asked = '"read:rose_garden", "write:rose_garden"'
        self._change("src/pronaflow_rose_garden/plugin.toml", asked, f'{asked}, "read:workspaces"')


def test_from_the_first_line_to_the_end_of_its_data(wheels, tmp_path, open_folder):
    environment = Environment(open_folder / "environment")
    for name in ("integrations", "marketplace"):
        build(ROOT / "plugins" / name, tmp_path / "first-party", "--wheel")
    server = f"{wheels['pronaflow-kernel']}[oidc,testing,postgres]"
    environment.install(server, *(tmp_path / "first-party").glob("*.whl"))
    garden = Garden(tmp_path, environment.programs)
    index = tmp_path / "index.json"
    site = Site(tmp_path, program=environment.pronaflow, settings={"PRONAFLOW_PLUGINS__INDEX": str(index)})
    try:
        published_and_verified(site, environment, garden, index)
        ann, bob = found_and_not_there_yet(site)
        installed_by_the_operator(site, garden)
        home = used_where_it_is_installed(site, ann, bob)
        updated(site, garden, index, ann, home)
        paused_removed_and_back(site, ann, home)
        taken_out_of_the_server(site, environment, ann, open_folder)
    finally:
        site.close()


def offer(site: Site, wheel: Path, index: Path, *more: object) -> str:
    return site.run("plugins", "publish", str(wheel), "--index", str(index), *map(str, more))


def published_and_verified(site: Site, environment: Environment, garden: Garden, index: Path) -> None:
    wheel, report = garden.wheel("0.1.0"), site.folder / "report.json"
    environment.install(wheel)
    suite = ("--pronaflow-contract", ROSES, "--pronaflow-report", report)
    call(environment.programs / "pytest", *suite, folder=site.folder, programs=environment.programs)
    environment.uninstall("pronaflow-rose-garden")
    assert offer(site, wheel, index, "--report", report) == f"{ROSES} 0.1.0 is offered: verified\n"


def found_and_not_there_yet(site: Site) -> tuple[str, str]:
    tokens = []
    for name in ("rose_ann", "rose_bob"):
        with Caller(site.server()) as caller:
            caller.sign_up(name)
            tokens.append(str(caller.token))
    with Caller(site.server(), tokens[0]) as ann:
        [found] = ann.get(PLUGINS, search="garden").data
        assert (found["slug"], found["is_verified"], found["is_available"]) == (ROSES, True, False)
        refused = ann.post(f"{PLUGINS}/{ROSES}/install")
        assert refused.status == 409 and "pronaflow plugins install" in str(refused.json)
    return tokens[0], tokens[1]


def installed_by_the_operator(site: Site, garden: Garden) -> None:
    links = ("--find-links", str(garden.wheels))
    shown = site.run("plugins", "install", ROSES, *links, "--dry-run")
    assert "asks for permissions: read:rose_garden, write:rose_garden" in shown
    assert "migrations to run: 0001_initial" in shown
    assert "Installed: rose_garden." in site.run("plugins", "install", ROSES, *links, "--yes")
    site.close()


def used_where_it_is_installed(site: Site, ann_token: str, bob_token: str) -> str:
    """Answers the workspace."""
    with Caller(site.server(), ann_token) as ann, Caller(site.server(), bob_token) as bob:
        assert ann.get("/health").json["plugins"][ROSES] == "ready"
        assert ann.get(NOTES).status == 404
        made = ann.post(f"{PLUGINS}/{ROSES}/install").data
        wait_until_on(ann)
        assert ann.post(NOTES, {"title": "Water the roses"}).status == 201
        assert bob.get(NOTES).status == 404
        consents = ann.get("/api/v1/integration/consents", resource_type="plugin").data
        assert [each["resource_id"] for each in consents] == [made["id"]]
        assert ann.post(f"{PLUGINS}/{ROSES}/rating", {"rating": 5}).status == 200
        [found] = bob.get(PLUGINS, search="garden").data
        assert (found["rating"], found["install_count"]) == (5.0, 1)
        assert ann.ask("PATCH", f"{PLUGINS}/{made['id']}/config", {"configuration": {"x": 1}}).status == 422
        return str(made["workspace_id"])


def updated(site: Site, garden: Garden, index: Path, ann_token: str, home: str) -> None:
    garden.ask_for_more()
    offer(site, garden.wheel("0.2.0"), index)
    links = ("--find-links", str(garden.wheels))
    shown = site.run("plugins", "install", ROSES, *links, "--yes")
    assert "new permissions: read:workspaces" in shown
    site.close()
    with Caller(site.server(), ann_token) as ann:
        one = installation(ann, home)
        assert (one["needs_update"], one["permissions_missing"]) == (True, ["read:workspaces"])
        assert ann.post(f"{PLUGINS}/{one['id']}/update").data["needs_update"] is False
        assert titles(ann) == ["Water the roses"]


def paused_removed_and_back(site: Site, ann_token: str, home: str) -> None:
    with Caller(site.server(), ann_token) as ann:
        one = f"{PLUGINS}/{installation(ann, home)['id']}"
        for method, path, body, on in (
            ("PATCH", one, {"is_active": False}, False),
            ("PATCH", one, {"is_active": True}, True),
            ("DELETE", one, None, False),
            ("POST", f"{PLUGINS}/{ROSES}/install", {}, True),
        ):
            assert ann.ask(method, path, body).status < 300
            wait_until_on(ann, on)
        assert titles(ann) == ["Water the roses"]


def taken_out_of_the_server(site: Site, environment: Environment, ann_token: str, folder: Path) -> None:
    bundle = folder / "bundle"
    site.run("plugins", "uninstall", ROSES, "--disable", "--export", str(bundle), "--yes")
    environment.uninstall("pronaflow-rose-garden")
    site.close()
    with Caller(site.server(), ann_token) as ann:
        assert ROSES not in ann.get("/health").json["plugins"]
        assert ann.get(NOTES).status == 404
    site.close()
    links = ("--find-links", str(site.folder / "wheels"))
    site.run("plugins", "install", ROSES, *links, "--yes")
    site.run("plugins", "restore", str(bundle), "--yes")
    site.run("plugins", "enable", ROSES)
    with Caller(site.server(), ann_token) as ann:
        wait_until_on(ann)
        assert titles(ann) == ["Water the roses"]
    shutil.rmtree(bundle)


def wait_until_on(caller: Caller, on: bool = True) -> None:
    """A switch counts within a second."""
    wait_for(lambda: caller.get(NOTES).status, lambda status: status == (200 if on else 404))


def installation(caller: Caller, workspace_id: str) -> Any:
    [one] = caller.get(f"{PLUGINS}/installed", workspace_id=workspace_id).data
    return one


def titles(caller: Caller) -> list[str]:
    return [note["title"] for note in caller.get(NOTES).data]
