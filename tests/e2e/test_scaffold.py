"""From `pronaflow plugins new` to a wheel in a server of wheels, and how long that takes."""

from __future__ import annotations

import json
import tarfile
import time
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from .environment import ROOT, Environment, call
from .server import Caller, Site
from .session import blocks

HOW_TO = ROOT / "docs/how-to/publish-a-plugin.md"
NOTES = "/api/v1/rose-garden"

pytestmark = pytest.mark.install


def typed(section, folder):
    """Run what a section of the page says; what is printed."""
    [script] = blocks(HOW_TO, section, "bash")
    return call("bash", "-euc", script, folder=folder)


class Stopwatch:
    """How long each step of a way takes."""

    def __init__(self) -> None:
        self.steps: dict[str, float] = {}

    @contextmanager
    def step(self, name: str):
        """Time the block."""
        start = time.perf_counter()
        yield
        self.steps[name] = time.perf_counter() - start

    def __str__(self) -> str:
        lines = [f"{seconds:7.1f} s  {name}" for name, seconds in self.steps.items()]
        return "\n".join([*lines, f"{sum(self.steps.values()):7.1f} s  all of it"])


@pytest.fixture
def open_folder():
    """A folder that other users may enter: as root, the PostgreSQL of an environment runs as one of them."""
    with TemporaryDirectory(prefix="pronaflow-environment-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def test_from_nothing_to_a_plugin_in_a_server_of_wheels(wheels, tmp_path, open_folder, capsys):
    watch = Stopwatch()
    with watch.step("scaffold"):
        typed("1. Make it", tmp_path)
    source = tmp_path / "pronaflow-rose-garden"

    with watch.step("build, twine check, check-wheel-contents, validate-pyproject"):
        checked = typed("5. Build it and look at it", source)
    [wheel], [sdist] = source.glob("dist/*.whl"), source.glob("dist/*.tar.gz")
    assert f"dist/{wheel.name}: OK" in checked
    assert "WARNING" not in checked

    with watch.step("install from wheels"):
        environment = Environment(open_folder / "environment")
        environment.install(f"{wheels['pronaflow-kernel']}[postgres,testing]", wheel)

    own, contract = blocks(HOW_TO, "3. Test it", "bash")[0].splitlines()
    with watch.step(own):
        assert "skipped" not in call("bash", "-c", own, folder=source, programs=environment.programs)
    with watch.step(contract):
        call("bash", "-c", contract, folder=tmp_path, programs=environment.programs)

    with capsys.disabled():
        print(f"\n{watch}")  # noqa: T201

    installed = environment.distributions()
    assert {name for name in installed if name.startswith("pronaflow")} == {
        "pronaflow-kernel",
        "pronaflow-rose-garden",
    }
    assert set(installed.values()) == {None}
    with tarfile.open(sdist) as files:
        names = {name.partition("/")[2] for name in files.getnames()}
    assert {"LICENSE", "CHANGELOG.md", "tests/conftest.py", "src/pronaflow_rose_garden/plugin.toml"} <= names
    serves(Site(tmp_path, program=environment.pronaflow))


def serves(site):
    """The server of the environment has the plugin, its route and its command."""
    try:
        with Caller(site.server()) as caller:
            assert caller.get("/health").json["plugins"] == {"rose_garden": "ready"}
            caller.sign_up("grace")
            made = caller.post(NOTES, {"title": "Water the roses"}).data
            assert [note["id"] for note in caller.get(NOTES).data] == [made["id"]]
        assert json.loads(site.run("rose-garden", "--json")) == {"notes": 1}
    finally:
        site.close()
