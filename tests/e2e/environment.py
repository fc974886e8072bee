"""Fresh environments that hold wheels and nothing of the working copy; uv makes them, since pip is slow."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
CONSTRAINTS = ROOT / "constraints.txt"
UV = Path(sysconfig.get_path("scripts")) / "uv"
DISTRIBUTIONS = ["kernel", "plugins/workspaces", "plugins/projects", "plugins/tasks", "contrib/hello-plugin"]
"""What the wheels of the end-to-end tests are built from."""
PATIENCE = 300.0
"""Seconds after which a command that still runs fails its test."""


def call(*command: Any, folder: Path | None = None, programs: Path = UV.parent) -> str:
    """What a command prints; fails the test where it fails.

    Arguments:
        folder: where it runs.
        programs: the folder in which a shell looks for programs first.

    Nothing of the environment goes along that would change what it does: settings of a server, the working
    copy's own packages, a wish of whoever runs the tests that pip be quiet.
    """
    unwanted = ("PRONAFLOW_", "PIP_QUIET", "PYTHON", "VIRTUAL_ENV", "COV_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(unwanted)}
    done = subprocess.run(
        [str(part) for part in command],
        cwd=folder,
        env={**kept, "PATH": f"{programs}{os.pathsep}{kept['PATH']}"},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


def build(distribution: Path, folder: Path, *options: str) -> None:
    """Build a distribution.

    Arguments:
        distribution: its source.
        folder: where the files go.
        options: `--wheel` for no source distribution.
    """
    call(UV, "build", "--quiet", *options, "--out-dir", folder, distribution)


def stand_in(package: Path, plugin: str, folder: Path) -> Path:
    """A folder from which a plugin runs that is not installed: to be put in front of `PYTHONPATH`.

    Arguments:
        package: its source, `pronaflow_<id>` or `<id>_plugin`.
        plugin: the name of its class in `plugin.py`.
        folder: to be made.
    """
    name = package.name.removeprefix("pronaflow_").removesuffix("_plugin")
    shutil.copytree(package, folder / package.name)
    info = folder / f"pronaflow_{name}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: pronaflow-{name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[pronaflow.plugins]\n{name} = {package.name}.plugin:{plugin}\n")
    return folder


class Environment:
    """A fresh virtual environment.

    Arguments:
        folder: where it is made.
    """

    def __init__(self, folder: Path) -> None:
        call(UV, "venv", "--quiet", "--seed", "--python", sys.executable, folder)
        self.programs = folder / "bin"
        self.python = self.programs / "python"
        self.pronaflow = self.programs / "pronaflow"

    def install(self, *requirements: Any) -> None:
        """Install distributions from files and from the package index."""
        self._pip("install", "--constraint", CONSTRAINTS, *requirements)

    def uninstall(self, name: str) -> None:
        """Remove a distribution."""
        self._pip("uninstall", name)

    def distributions(self) -> dict[str, str | None]:
        """Name to where it is installed from, None for the index and for wheels."""
        listed = json.loads(self._pip("list", "--format", "json"))
        return {each["name"]: each.get("editable_project_location") for each in listed}

    def _pip(self, command: str, *arguments: Any) -> str:
        return call(UV, "pip", command, "--quiet", "--python", self.python, *arguments)
