"""The repository as a whole: every distribution is known to every tool, and the import rules hold."""

import ast
import configparser
import os
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from pronaflow_kernel.plugins.discovery import first_party

ROOT = Path(__file__).parents[1]
PLUGINS = sorted(path.name for path in (ROOT / "plugins").iterdir() if (path / "pyproject.toml").exists())
DISTRIBUTIONS = [
    ROOT / "kernel",
    *(ROOT / "plugins" / name for name in PLUGINS),
    *sorted(file.parent for file in (ROOT / "contrib").glob("*/pyproject.toml")),
]


def toml(path):
    return tomllib.loads(path.read_text())


def setup_cfg(section, key):
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")
    return config[section][key].split()


@pytest.mark.parametrize("plugin", PLUGINS)
def test_a_first_party_plugin_is_installed_tested_and_checked(plugin):
    package = f"pronaflow_{plugin}"

    assert f"-e ./plugins/{plugin}" in (ROOT / "requirements.txt").read_text().splitlines()
    assert any(
        requirement.startswith(f"pronaflow-{plugin}>=")
        for requirement in toml(ROOT / "pyproject.toml")["project"]["dependencies"]
    )
    assert package in setup_cfg("importlinter", "root_packages")
    assert package in setup_cfg("importlinter:contract:order", "layers")
    assert package in setup_cfg("importlinter:contract:faces", "source_modules")
    assert f"{package}.*" in setup_cfg("importlinter:contract:faces", "forbidden_modules")
    assert package in setup_cfg("coverage:run", "source_pkgs")


def test_safe_mode_starts_the_first_party_plugins():
    assert {f"pronaflow-{plugin}" for plugin in PLUGINS} <= first_party()


@pytest.mark.parametrize("folder", DISTRIBUTIONS, ids=lambda folder: folder.name)
def test_a_distribution_is_typed_and_importing_it_runs_nothing(folder):
    project = toml(folder / "pyproject.toml")
    package = folder / "src" / project["project"]["name"].replace("-", "_")

    assert project["build-system"]["build-backend"] == "uv_build"
    assert (package / "py.typed").exists()
    assert (package / "__init__.py").read_text() == ""


def test_a_plugin_declares_its_entry_point_after_its_own_id():
    for folder in DISTRIBUTIONS[1:]:
        project = toml(folder / "pyproject.toml")["project"]
        (plugin, target), *others = project["entry-points"]["pronaflow.plugins"].items()

        assert not others
        assert project["name"].replace("-", "_") == f"pronaflow_{plugin}"
        assert target.lower() == f"pronaflow_{plugin}.plugin:{plugin.replace('_', '')}plugin"


@pytest.mark.parametrize("folder", DISTRIBUTIONS[1:], ids=lambda folder: folder.name)
def test_pip_installs_what_the_manifest_requires(folder):
    (manifest,) = (folder / "src").glob("*/plugin.toml")
    plugins = {f"pronaflow-{plugin}" for plugin in toml(manifest).get("requires", {})}

    assert {name for name in declared_distributions(folder) if name.startswith("pronaflow-")} == {
        "pronaflow-kernel",
        *plugins,
    }


def imported_packages(folder):
    for file in (folder / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                yield from (alias.name.partition(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                yield node.module.partition(".")[0]


def declared_distributions(folder):
    project = toml(folder / "pyproject.toml")["project"]
    lists = [project["dependencies"], *project.get("optional-dependencies", {}).values()]
    return {re.match(r"[\w-]+", requirement)[0] for requirements in lists for requirement in requirements}


WRITTEN = {"zoo_neighbour"}
"""Packages that the test kit writes into the folder of a test before it imports them."""


@pytest.mark.parametrize("folder", DISTRIBUTIONS, ids=lambda folder: folder.name)
def test_a_distribution_declares_what_it_imports(folder):
    own = toml(folder / "pyproject.toml")["project"]["name"].replace("-", "_")
    others = set(imported_packages(folder)) - sys.stdlib_module_names - {own, "_typeshed"} - WRITTEN
    declared = declared_distributions(folder) | declared_distributions(ROOT / "kernel")
    brought_by = packages_distributions()

    for name in others:
        distributions = {re.sub("[-_.]+", "-", dist).lower() for dist in brought_by.get(name, [name])}
        assert distributions & declared, f"{name} is imported, but none of {distributions} is declared"


def test_every_constraint_is_one_version_and_nothing_else():
    lines = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if not line.startswith("#")]

    assert lines
    assert len({line.partition("==")[0] for line in lines}) == len(lines)
    assert [line for line in lines if not re.fullmatch(r"[a-z0-9._-]+==[0-9][0-9a-z.]*", line)] == []


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_no_requirements_file_names_an_address(name):
    assert "://" not in (ROOT / name).read_text()


@pytest.fixture
def lint(tmp_path):
    """import-linter with the repository's contracts, over small packages of the same names."""
    layers = set(setup_cfg("importlinter:contract:kernel", "layers")) - {"|"}
    for package in setup_cfg("importlinter", "root_packages"):
        for module in {
            "__init__",
            "api",
            "command",
            "models",
            "persistence/__init__",
            "persistence/uow",
        } | layers:
            file = tmp_path / package / f"{module}.py"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.touch()

    def run(importer, line):
        (tmp_path / importer / "planted.py").write_text(f"{line}\n")
        return subprocess.run(
            [Path(sys.executable).with_name("lint-imports"), "--config", ROOT / "setup.cfg", "--no-cache"],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(tmp_path)},
            capture_output=True,
            text=True,
        )

    return run


@pytest.mark.parametrize(
    ("importer", "line"),
    [
        ("pronaflow_tasks", "from pronaflow_kernel.models import Base"),
        ("pronaflow_tasks", "import pronaflow_kernel.models"),
        ("pronaflow_tasks", "from pronaflow_kernel.persistence.uow import Reader"),
        ("pronaflow_tasks", "from pronaflow_kernel import models"),
        ("pronaflow_tasks", "def late():\n    from pronaflow_kernel.models import Base"),
        ("pronaflow_tasks", "from pronaflow_projects.models import Project"),
        ("pronaflow_projects", "from pronaflow_tasks.api import Task"),
        ("pronaflow_kernel", "from pronaflow_tasks.api import Task"),
    ],
)
def test_an_import_past_an_api_module_is_found(lint, importer, line):
    result = lint(importer, line)

    assert result.returncode == 1
    assert f"{importer}.planted ->" in result.stdout


@pytest.mark.parametrize(
    ("importer", "line"),
    [
        ("pronaflow_tasks", "from pronaflow_kernel.api import Plugin"),
        ("pronaflow_tasks", "from pronaflow_kernel.command import Failure"),
        ("pronaflow_tasks", "from pronaflow_projects.api import Project"),
        ("pronaflow_tasks", "from pronaflow_tasks.models import Task"),
        ("pronaflow_kernel", "from pronaflow_kernel.models import Base"),
    ],
)
def test_an_import_of_an_api_module_is_allowed(lint, importer, line):
    result = lint(importer, line)

    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize("folder", sorted(ROOT.glob("contrib/*/src")), ids=lambda folder: folder.parent.name)
def test_an_example_is_read_in_one_sitting(folder):
    sources = [file for file in folder.rglob("*.py") if file.parent.name != "migrations"]
    assert sum(1 for file in sources for line in file.read_text().splitlines() if line.strip()) < 400
