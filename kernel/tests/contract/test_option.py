"""`pytest --pronaflow-contract`, as somebody runs it beside a plugin that is installed and nothing else."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from pronaflow_kernel.api import API_VERSION
from pronaflow_kernel.plugins.offers import Report, content_of_folder
from pronaflow_kernel.testing.contract_option import databases

from .conftest import NOTEBOOKS

DIST = {
    "METADATA": "Metadata-Version: 2.1\nName: notebooks\nVersion: 0.1\nLicense: Apache-2.0\n\nPages.\n",
    "entry_points.txt": "[pronaflow.plugins]\nnotebooks = notebooks_plugin.plugin:NotebooksPlugin\n",
}


@pytest.fixture
def run(tmp_path):
    """Installs the plugin and runs pytest in an empty folder: `run("-k", "imports")`."""
    site, folder = tmp_path / "site", tmp_path / "elsewhere"
    shutil.copytree(NOTEBOOKS, site / "notebooks_plugin", ignore=shutil.ignore_patterns("__pycache__"))
    info = site / "notebooks-0.1.dist-info"
    info.mkdir()
    folder.mkdir()
    for name, text in DIST.items():
        (info / name).write_text(text)

    def pytest_run(*arguments, files=None):
        for name, text in (files or {}).items():
            (folder / name).write_text(text)
        path = os.pathsep.join([str(site), *filter(None, sys.path)])
        return subprocess.run(
            [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-v", *arguments],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            check=False,
        )

    return pytest_run


def test_it_runs_the_suite_and_nothing_else(run):
    done = run(
        "--pronaflow-contract", "notebooks", "-k", "sqlite", files={"test_own.py": "def test(): pass\n"}
    )
    assert "contract: notebooks on sqlite" in done.stdout
    assert done.returncode == 0, done.stdout
    assert re.search(r"notebooks-sqlite-personal_data\] PASSED", done.stdout)
    assert "test_own" not in done.stdout


def test_a_report_tells_whether_the_whole_suite_passed_for_this_code(run, tmp_path):
    file = tmp_path / "report.json"
    package = tmp_path / "site" / "notebooks_plugin"

    def reported(*arguments):
        run("--pronaflow-contract", "notebooks", "--pronaflow-report", str(file), *arguments)
        return json.loads(file.read_text())["reports"]["notebooks"]

    part = reported("-k", "sqlite-imports")
    assert (part["passed"], part["content"]) == (False, content_of_folder(package))
    assert Report(**{**part, "checked_at": datetime.now(UTC)}).api == API_VERSION
    if databases() == ["sqlite"]:
        return
    assert reported()["passed"] is True
    (package / "more.py").write_text("MORE = True\n")
    assert reported("-k", "sqlite-imports")["content"] != part["content"]


def test_a_fault_is_told_in_a_sentence_that_names_file_and_mend(run, tmp_path):
    downgrade = tmp_path / "site" / "notebooks_plugin" / "migrations" / "0001_initial.py"
    downgrade.write_text(downgrade.read_text().replace('("signature", "heard", ', '("heard", '))
    done = run("--pronaflow-contract", "notebooks", "-k", "sqlite and (migrations or imports)")
    assert done.returncode == 1
    assert "its migrations go up, down and up, to its models:" in done.stdout
    assert "- downgrade() of the migrations leaves table notebooks__signature: drop it there" in done.stdout
    assert "1 failed, 1 passed" in done.stdout


def test_a_conftest_makes_what_no_route_makes(run, tmp_path):
    """Here the route that makes notebooks has gone; the plugin's own tests know another way."""
    routes = tmp_path / "site" / "notebooks_plugin" / "routes.py"
    routes.write_text(
        routes.read_text().replace('"POST", "", permission=WRITE', '"PUT", "", permission=WRITE')
    )
    missing = run("--pronaflow-contract", "notebooks", "-k", "sqlite-isolation")
    assert "no route makes a 'notebook': declare `resource='notebook'` at the POST" in missing.stdout
    conftest = """
def pytest_pronaflow_makers(plugin_id):
    def notebook(party):
        return party.person.put("/api/v1/notebooks", {"name": party.mark}).data["id"]

    return {"notebook": notebook}
"""
    done = run("--pronaflow-contract", "notebooks", "-k", "sqlite-isolation", files={"conftest.py": conftest})
    assert done.returncode == 0, done.stdout


def test_a_plugin_brings_makers_in_its_package(run, tmp_path):
    package = tmp_path / "site" / "notebooks_plugin"
    routes = package / "routes.py"
    routes.write_text(
        routes.read_text().replace('"POST", "", permission=WRITE', '"PUT", "", permission=WRITE')
    )
    (package / "testing.py").write_text(
        "def notebook(party):\n"
        '    return party.person.put("/api/v1/notebooks", {"name": party.mark}).data["id"]\n\n\n'
        'MAKERS = {"notebook": notebook}\n'
    )
    done = run("--pronaflow-contract", "notebooks", "-k", "sqlite-isolation")
    assert done.returncode == 0, done.stdout


def test_an_id_that_is_not_installed_is_a_mistake_of_usage(run):
    done = run("--pronaflow-contract", "nonsense")
    assert done.returncode == 4
    assert "no installed plugin is called nonsense; installed are: " in done.stderr
    assert "notebooks" in done.stderr
