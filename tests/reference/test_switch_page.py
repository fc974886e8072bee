"""The commands of docs/how-to/switch-plugins.md do what the page prints."""

from __future__ import annotations

from importlib.metadata import entry_points

import pytest
from click.testing import CliRunner

from pronaflow_kernel.cli.main import main
from pronaflow_kernel.plugins import discovery
from pronaflow_kernel.testing import World

from .documents import blocks
from .installation import ROOT

PAGE = ROOT / "docs/how-to/switch-plugins.md"


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    """The id of a workspace of a server with the first-party plugins, which the command line reaches."""
    ours = {project.parent.name for project in ROOT.glob("plugins/*/pyproject.toml")}
    points = [point for point in entry_points(group=discovery.GROUP) if point.name in ours]
    monkeypatch.setattr(discovery, "entry_points", lambda group: points)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PRONAFLOW_DATA_DIR", str(tmp_path))
    world = World(f"sqlite:///{tmp_path / 'pronaflow.sqlite3'}", tmp_path)
    yield world.person("ann").workspace_id
    world.close()


def test_the_commands_print_what_the_page_says(workspace):
    shown = [(each.language, each.text.replace("$WORKSPACE", workspace)) for each in blocks(PAGE)]
    assert len(shown) == 10
    for (language, command), (kind, printed) in zip(shown[::2], shown[1::2], strict=True):
        assert (language, kind) == ("bash", "text")
        result = CliRunner().invoke(main, command.split()[1:], catch_exceptions=False)
        assert result.output == printed
