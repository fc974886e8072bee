"""The command line in a folder of its own, with plugins that are installed for one test only."""

from __future__ import annotations

import logging
import os
import sys
import zipfile
from collections.abc import Callable, Iterator
from importlib.metadata import Distribution, EntryPoint, entry_points
from pathlib import Path
from textwrap import dedent

import pytest
from click.testing import CliRunner, Result

from pronaflow_kernel.cli import contributed
from pronaflow_kernel.cli.main import main
from pronaflow_kernel.plugins import discovery

PLUGIN = """
from pronaflow_kernel.api import Blueprint, Plugin, Permission, hookimpl

class Main(Plugin):
    pass
"""

BOMB = "raise RuntimeError('none of the code may run')\n"
MANIFEST = """
manifest = 1
id = "{id}"
name = "X"
summary = "x"
api = "{api}"
{more}
"""

TABLE = '''
"""A table."""
import sqlalchemy as sa
from alembic import op

revision = "{revision}"
down_revision = {parent!r}

def upgrade() -> None:
    op.create_table("{plugin}__thing{revision}", sa.Column("id", sa.Integer(), primary_key=True))

def downgrade() -> None:
    op.drop_table("{plugin}__thing{revision}")
'''


class Site:
    """A folder that Python searches, into which tests install distributions."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._installed: list[EntryPoint] = []

    def entry_points(self, group: str) -> list[EntryPoint]:
        """What `importlib.metadata.entry_points` would answer if nothing else were installed."""
        assert group == discovery.GROUP
        return list(self._installed)

    def add(
        self,
        plugin_id: str,
        manifest: str = "",
        code: str = PLUGIN,
        tables: int = 0,
        commands: str | None = None,
    ) -> None:
        """Install the distribution `pronaflow-<id>` with the package `site_<id>`.

        Arguments:
            manifest: what `plugin.toml` says besides id, name, summary and api.
            code: of `plugin.py`, with the class `Main`.
            tables: how many revisions its migrations have.
            commands: of `commands.py`.
        """
        package = self.folder / f"site_{plugin_id}"
        start = (
            f'manifest = 1\nid = "{plugin_id}"\nname = "{plugin_id.title()}"\nsummary = "Says {plugin_id}."\n'
        )
        files = {
            "__init__.py": "",
            "plugin.toml": f'{start}api = ">=1.0,<2"\nscope = "system"\n{dedent(manifest)}',
            "plugin.py": dedent(code),
        }
        if commands is not None:
            files["commands.py"] = dedent(commands)
        for number in range(1, tables + 1):
            parent = f"{number - 1:04}" if number > 1 else None
            text = TABLE.format(plugin=plugin_id, revision=f"{number:04}", parent=parent)
            files[f"migrations/{number:04}_thing.py"] = text
        for name, text in files.items():
            (package / name).parent.mkdir(parents=True, exist_ok=True)
            (package / name).write_text(text)
        info = self.folder / f"pronaflow_{plugin_id}-0.3.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: pronaflow-{plugin_id}\nVersion: 0.3.0\n"
        )
        (info / "entry_points.txt").write_text(
            f"[{discovery.GROUP}]\n{plugin_id} = site_{plugin_id}.plugin:Main\n"
        )
        self._installed += Distribution.at(info).entry_points


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """Where plugins are installed; nothing else is, as far as commands in this process can see."""
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    made = Site(folder)
    for module in (discovery, contributed):
        monkeypatch.setattr(module, "entry_points", made.entry_points)
    yield made
    for name in [name for name in sys.modules if name.startswith("site_")]:
        del sys.modules[name]


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An empty current folder, no settings in the environment, and logging as it was."""
    for name in [name for name in os.environ if name.startswith("PRONAFLOW_")]:
        monkeypatch.delenv(name)
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    loggers = [logging.getLogger(), logging.getLogger("pronaflow.assembly")]
    before = [(logger, logger.level, list(logger.handlers)) for logger in loggers]
    yield
    for logger, level, handlers in before:
        logger.setLevel(level)
        logger.handlers[:] = handlers


@pytest.fixture
def run(site: Site) -> Callable[..., Result]:
    """Run `pronaflow` in this process; errors that it does not foresee are raised."""

    def run(*arguments: str, code: int = 0, **options: object) -> Result:
        result = CliRunner().invoke(main, list(arguments), catch_exceptions=False, **options)  # type: ignore[arg-type]
        assert result.exit_code == code, result.output
        return result

    return run


@pytest.fixture(scope="session")
def bytecode(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the processes of all tests keep what Python compiled, as an installation does."""
    return tmp_path_factory.mktemp("bytecode")


@pytest.fixture
def environment(bytecode: Path) -> dict[str, str]:
    """The environment for `pronaflow` as a process, with all installed plugins switched off."""
    others = ",".join(point.name for point in entry_points(group=discovery.GROUP))
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PRONAFLOW_")}
    kept.pop("PYTHONDONTWRITEBYTECODE", None)
    return {**kept, "PYTHONPYCACHEPREFIX": str(bytecode), "PRONAFLOW_PLUGINS__DISABLED": others}


@pytest.fixture
def wheel(tmp_path: Path) -> Callable[..., Path]:
    """Makes the wheel of a plugin whose code would explode."""

    def make(
        plugin_id: str = "fresh", more: str = "", api: str = ">=1.0,<2", migrations: int = 0, **files: str
    ) -> Path:
        package, info = f"site_{plugin_id}", f"pronaflow_{plugin_id}-2.0.dist-info"
        content = {
            f"{package}/__init__.py": "",
            f"{package}/plugin.py": BOMB,
            f"{package}/plugin.toml": MANIFEST.format(id=plugin_id, api=api, more=more),
            f"{info}/METADATA": f"Metadata-Version: 2.1\nName: pronaflow-{plugin_id}\nVersion: 2.0\n",
            f"{info}/entry_points.txt": f"[pronaflow.plugins]\n{plugin_id} = {package}.plugin:Main\n",
            **{f"{package}/migrations/{number:04}_thing.py": BOMB for number in range(1, migrations + 1)},
            **{f"{package}/{name.replace('__py', '.py')}": text for name, text in files.items()},
        }
        path = tmp_path / f"pronaflow_{plugin_id}-2.0-py3-none-any.whl"
        with zipfile.ZipFile(path, "w") as archive:
            for name, text in content.items():
                archive.writestr(name, text)
        return path

    return make
