"""`pronaflow plugins uninstall` and `restore` on both databases."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
import sqlalchemy as sa

from pronaflow_kernel.cli import removable
from pronaflow_kernel.persistence.engines import open_engines

KEY = """
import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

def upgrade() -> None:
    key = sa.ForeignKey("trees__thing0001.id", ondelete="CASCADE")
    op.create_table("apples__thing0001", sa.Column("id", sa.Integer(), key, primary_key=True))

def downgrade() -> None:
    op.drop_table("apples__thing0001")
"""

SETTINGS = """
from dataclasses import dataclass
from pronaflow_kernel.api import Plugin, hookimpl, setting

@dataclass(frozen=True)
class Section:
    colour: str = setting("green", "Colour.")
    key: str = setting("", "Key.", secret=True)

class Main(Plugin):
    @hookimpl
    def provide_settings(self):
        return Section
"""

NOW = "2026-03-02T09:00:00.000000Z"


class Database:
    """A look into the database beside the commands."""

    def __init__(self, url: str) -> None:
        self.engines = open_engines(url)

    def run(self, statement: str) -> list[tuple[object, ...]]:
        with self.engines.write.begin() as connection:
            result = connection.execute(sa.text(statement))
            return [tuple(row) for row in result] if result.returns_rows else []

    def insert(self, name: str, /, **values: object) -> None:
        columns = [sa.column(column) for column in values]
        with self.engines.write.begin() as connection:
            connection.execute(sa.insert(sa.table(name, *columns)), values)

    def tables(self, plugin: str) -> list[str]:
        names = sa.inspect(self.engines.read).get_table_names()
        return [name for name in names if name.startswith(f"{plugin}__")]


@pytest.fixture
def database(new_database: Callable[[], str], monkeypatch: pytest.MonkeyPatch):
    """The database that the commands work on."""
    url = new_database()
    monkeypatch.setenv("PRONAFLOW_DATABASE_URL", url)
    made = Database(url)
    yield made
    made.engines.dispose()


@pytest.fixture
def naps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What the commands waited for, instead of waiting."""
    taken: list[float] = []
    monkeypatch.setattr(removable, "time", SimpleNamespace(sleep=taken.append))
    return taken


@pytest.fixture
def trees(site, run, database, naps):
    """A plugin with two rows, switched off."""
    site.add("trees", tables=2)
    run("db", "upgrade")
    database.run("INSERT INTO trees__thing0001 VALUES (1), (2)")
    run("plugins", "disable", "trees")
    return site


def gone(site, plugin: str) -> None:
    """pip uninstall."""
    site._installed = [point for point in site._installed if point.name != plugin]


class TestUninstall:
    def test_the_data_is_in_the_folder_and_nothing_in_the_database(self, trees, run, database) -> None:
        out = run("plugins", "uninstall", "trees", "--export", "out", "--yes").stdout
        assert out == (
            "trees has no data in the database any more; 2 rows are in out.\n"
            "To bring it back: pronaflow plugins restore out\n"
            "Next: pip uninstall pronaflow-trees, then restart the servers\n"
        )
        assert database.tables("trees") == []
        assert Path("out/tables/trees__thing0001.jsonl").read_text() == '{"id":1}\n{"id":2}\n'
        assert 'id = "trees"' in Path("out/plugin.toml").read_text()

    def test_as_json(self, trees, run) -> None:
        data = json.loads(run("plugins", "uninstall", "trees", "--export", "out", "--yes", "--json").stdout)
        assert data["rows"] == {"trees__thing0001": 2, "trees__thing0002": 0}
        assert (data["plugin"], data["bundle"]) == ("trees", "out")
        assert data["next"] == ["pip uninstall pronaflow-trees", "restart the servers"]

    def test_it_asks_first(self, trees, run, database) -> None:
        result = run("plugins", "uninstall", "trees", "--export", "out", input="n\n", code=1)
        assert "Drop 2 tables of trees with 2 rows? They are kept in out." in result.stderr
        result = run("plugins", "uninstall", "trees", "--no-export", input="n\n", code=1)
        assert "They are lost for good." in result.stderr
        assert database.run("SELECT count(*) FROM trees__thing0001") == [(2,)]
        assert not Path("out").exists()

    def test_dropping_without_a_folder_must_be_said(self, trees, run, database) -> None:
        assert "--no-export" in run("plugins", "uninstall", "trees", "--yes", code=2).stderr
        both = ("--export", "out", "--no-export")
        assert "--no-export" in run("plugins", "uninstall", "trees", "--yes", *both, code=2).stderr
        assert len(database.tables("trees")) == 3
        out = run("plugins", "uninstall", "trees", "--no-export", "--yes").stdout
        assert "2 rows are lost for good." in out
        assert database.tables("trees") == []

    def test_files_that_a_folder_names_stay_until_it_is_said_that_they_are_lost(
        self, trees, run, database
    ) -> None:
        file = {"key": "a", "plugin_id": "trees", "size": 1, "sha256": "0", "bundled": False}
        database.insert("core__kept_file", **file, created_at=NOW)
        run("plugins", "uninstall", "trees", "--export", "out", "--yes")
        assert database.run("SELECT key FROM core__kept_file WHERE bundled") == [("a",)]
        run("plugins", "uninstall", "trees", "--no-export", "--yes")
        assert database.run("SELECT key FROM core__kept_file") == []

    def test_a_folder_with_something_in_it_is_refused_before_anything_is_done(self, trees, run, naps) -> None:
        Path("notes.txt").write_text("mine")
        stderr = run("plugins", "uninstall", "trees", "--export", ".", "--yes", code=1).stderr
        assert "is not an empty folder" in stderr

    def test_one_that_is_on_is_refused(self, trees, run, database) -> None:
        run("plugins", "enable", "trees")
        stderr = run("plugins", "uninstall", "trees", "--no-export", "--yes", code=1).stderr
        assert "trees is switched on: pronaflow plugins disable trees comes first, or say --disable" in stderr
        assert len(database.tables("trees")) == 3

    def test_disable_switches_it_off_and_waits_until_running_servers_follow(self, trees, run, naps) -> None:
        run("plugins", "enable", "trees")
        run("plugins", "uninstall", "trees", "--no-export", "--yes", "--disable")
        assert naps == [1.0]

    def test_one_that_was_off_is_not_waited_for(self, trees, run, naps) -> None:
        run("plugins", "uninstall", "trees", "--no-export", "--yes", "--disable")
        assert naps == []

    def test_one_that_the_settings_keep_off_is_switched_off_for_running_servers_too(
        self, trees, run, naps, database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        run("plugins", "enable", "trees")
        monkeypatch.setenv("PRONAFLOW_PLUGINS__DISABLED", "trees")
        run("plugins", "uninstall", "trees", "--no-export", "--yes")
        assert naps == [1.0]

    def test_it_stays_off_while_servers_have_its_code_in_memory(self, trees, run) -> None:
        run("plugins", "uninstall", "trees", "--no-export", "--yes")
        rows = json.loads(run("plugins", "list", "--json").stdout)
        assert [row["state"] for row in rows] != ["ready"]

    def test_a_broken_one_needs_no_code(self, trees, run, database) -> None:
        (trees.folder / "site_trees" / "plugin.py").write_text("raise SystemExit('broken')")
        run("plugins", "uninstall", "trees", "--export", "out", "--yes")
        assert database.tables("trees") == []

    def test_one_whose_code_is_gone_needs_no_switch(self, trees, run, database, naps) -> None:
        run("plugins", "enable", "trees")
        gone(trees, "trees")
        out = run("plugins", "uninstall", "trees", "--export", "out", "--yes").stdout
        assert database.tables("trees") == []
        assert "pip uninstall" not in out
        assert naps == []
        assert not Path("out/plugin.toml").exists()

    def test_another_plugin_s_keys_to_it_refuse_even_where_its_code_is_gone(self, trees, run) -> None:
        trees.add("apples", 'requires = {trees = ">=0"}', tables=1)
        (trees.folder / "site_apples" / "migrations" / "0001_thing.py").write_text(KEY)
        run("db", "upgrade")
        for _ in range(2):
            stderr = run("plugins", "uninstall", "trees", "--no-export", "--yes", code=1).stderr
            assert (
                "Tables of apples refer to those of trees (apples__thing0001 -> trees__thing0001)" in stderr
            )
            assert "uninstall apples first" in stderr
            gone(trees, "apples")
        run("plugins", "uninstall", "apples", "--no-export", "--yes")
        run("plugins", "uninstall", "trees", "--no-export", "--yes")

    def test_another_plugin_that_requires_it_and_has_data_refuses_until_it_is_switched_off(
        self, trees, run
    ) -> None:
        trees.add("twigs", 'requires = {trees = ">=0"}')
        trees.add("apples", 'requires = {twigs = ">=0"}', tables=1)
        run("db", "upgrade")
        stderr = run("plugins", "uninstall", "trees", "--no-export", "--yes", code=1).stderr
        assert "apples requires trees: uninstall them first, or switch them off" in stderr
        run("plugins", "disable", "apples")
        run("plugins", "uninstall", "trees", "--no-export", "--yes")

    def test_its_settings_are_told_without_secrets(self, trees, run, monkeypatch) -> None:
        monkeypatch.delitem(sys.modules, "site_trees.plugin", raising=False)
        (trees.folder / "site_trees" / "plugin.py").write_text(SETTINGS)
        Path("pronaflow.toml").write_text('[trees]\ncolour = "red"\nkey = "geheim"\n')
        run("plugins", "uninstall", "trees", "--export", "out", "--yes")
        index = json.loads(Path("out/bundle.json").read_text())
        assert index["settings"] == {"trees.colour": "red", "trees.key": "***"}

    def test_of_code_that_is_gone_every_setting_may_be_a_secret(self, trees, run) -> None:
        gone(trees, "trees")
        Path("pronaflow.toml").write_text('[trees]\nkey = "geheim"\n')
        run("plugins", "uninstall", "trees", "--export", "out", "--yes")
        assert "geheim" not in Path("out/bundle.json").read_text()
        assert '"trees.key": "***"' in Path("out/bundle.json").read_text()

    def test_no_id_begins_with_another_one_s_prefix_of_tables(self, trees, run) -> None:
        trees.add("trees__oaks")
        rows = json.loads(run("plugins", "list", "--json").stdout)
        [reason] = [row["reason"] for row in rows if row["id"] == "trees__oaks"]
        assert "in words with one underscore between them" in reason

    def test_an_unknown_one_brings_the_nearest(self, trees, run) -> None:
        gone(trees, "trees")
        stderr = run("plugins", "uninstall", "tree", "--no-export", "--yes", code=1).stderr
        assert "did you mean 'trees'?" in stderr

    def test_the_kernel_cannot_be_uninstalled(self, trees, run) -> None:
        stderr = run("plugins", "uninstall", "core", "--no-export", "--yes", code=1).stderr
        assert "core is the kernel itself" in stderr


class TestRestore:
    @pytest.fixture
    def bundle(self, trees, run):
        run("plugins", "uninstall", "trees", "--export", "out", "--yes")
        return trees

    def test_the_data_is_back(self, bundle, run, database) -> None:
        out = run("plugins", "restore", "out", "--yes").stdout
        assert out == (
            "trees has its data back: 2 rows.\n"
            "Next: restart the servers, then pronaflow plugins enable trees\n"
        )
        assert database.run("SELECT id FROM trees__thing0001 ORDER BY id") == [(1,), (2,)]
        run("plugins", "enable", "trees")
        rows = json.loads(run("plugins", "list", "--json").stdout)
        assert [row["state"] for row in rows] == ["ready"]

    def test_as_json(self, bundle, run) -> None:
        data = json.loads(run("plugins", "restore", "out", "--yes", "--json").stdout)
        assert data["rows"] == {"trees__thing0001": 2, "trees__thing0002": 0}
        assert (data["left_out"], data["migrations"]) == ({}, [])

    def test_it_asks_first(self, bundle, run, database) -> None:
        result = run("plugins", "restore", "out", input="n\n", code=1)
        assert "Restore 2 rows of trees, taken at 2" in result.stderr
        assert database.tables("trees") == []

    def test_empty_tables_that_a_start_has_made_are_no_obstacle(self, bundle, run, database) -> None:
        run("db", "upgrade")
        run("plugins", "restore", "out", "--yes")
        stderr = run("plugins", "restore", "out", "--yes", code=1).stderr
        assert "The plugin trees has data already, in trees__thing0001" in stderr

    def test_without_its_code_it_says_what_to_install(self, bundle, run) -> None:
        gone(bundle, "trees")
        stderr = run("plugins", "restore", "out", "--yes", code=1).stderr
        assert "trees is not installed: pip install pronaflow-trees==0.3.0 brings its code" in stderr

    def test_what_it_requires_must_be_there(self, bundle, run) -> None:
        toml = bundle.folder / "site_trees" / "plugin.toml"
        toml.write_text(toml.read_text() + 'requires = {soil = ">=0"}\n')
        stderr = run("plugins", "restore", "out", "--yes", code=1).stderr
        assert "trees is blocked: requires soil, which is not installed" in stderr
        bundle.add("soil", tables=1)
        stderr = run("plugins", "restore", "out", "--yes", code=1).stderr
        assert (
            "soil: the database is at revision none, pending: 0001; pronaflow db upgrade runs them" in stderr
        )
        run("db", "upgrade")
        run("plugins", "restore", "out", "--yes")

    def test_a_damaged_folder_is_refused_with_the_fault(self, bundle, run) -> None:
        Path("out/tables/trees__thing0001.jsonl").write_text('{"id":1}\n')
        stderr = run("plugins", "restore", "out", "--yes", code=1).stderr
        assert "out is damaged: tables/trees__thing0001.jsonl has changed since it was written" in stderr

    def test_switches_in_workspaces_come_back(self, trees, run, database) -> None:
        mine, other = (f"01956000-0000-7000-8000-00000000000{n}" for n in (1, 2))
        times = dict.fromkeys(("created_at", "updated_at"), NOW)
        names = dict.fromkeys(("email", "email_norm", "username", "username_norm", "status"), "ann")
        flags = {"is_system_admin": False, "mfa_enabled": False, "token_epoch": 0}
        database.insert("core__user", id=mine, version=1, **names, **flags, **times)
        kind = {"name": "W", "workspace_type": "team", "plan": "free", "lifecycle": "active"}
        for each in (mine, other):
            database.insert("core__workspace", id=each, owner_id=mine, version=1, **kind, **times)
            switch = {"workspace_id": each, "plugin_id": "trees", "enabled": True, "changed_at": NOW}
            database.insert("core__workspace_plugin", **switch)
        run("plugins", "uninstall", "trees", "--export", "out", "--yes")
        assert database.run("SELECT count(*) FROM core__workspace_plugin") == [(0,)]
        database.run(f"DELETE FROM core__workspace WHERE id = '{other}'")
        out = run("plugins", "restore", "out", "--yes").stdout
        assert "1 row of core__workspace_plugin stayed behind: what they refer to is gone." in out
        [(workspace,)] = database.run("SELECT workspace_id FROM core__workspace_plugin")
        assert str(workspace) == mine


class TestLeftBehind:
    """`db` with tables of plugins whose code is gone."""

    @pytest.fixture
    def orphan(self, trees, run):
        trees.add("birds", tables=1)
        run("db", "upgrade")
        gone(trees, "trees")
        return trees

    def test_status_tells_of_them(self, orphan, run) -> None:
        rows = json.loads(run("db", "status", "--json").stdout)
        [row] = [row for row in rows if row["plugin"] == "trees"]
        assert (row["current"], row["newest"], row["pending"], row["ahead"]) == ("0002", None, [], False)
        assert row["note"] == "not installed"
        shown = run("db", "status").stdout
        assert "trees   0002      -     data only   not installed" in shown

    def test_upgrade_and_downgrade_of_the_others_go_on(self, orphan, run, database) -> None:
        assert run("db", "downgrade", "birds", "--yes").stdout == "birds: undo 0001 thing\n"
        assert run("db", "upgrade").stdout == "birds: 0001 thing\n"
        assert len(database.tables("trees")) == 3

    def test_what_they_refer_to_is_not_taken_away(self, orphan, run) -> None:
        script = KEY.replace("trees__thing0001", "birds__thing0001")
        orphan.add("apples", 'requires = {birds = ">=0"}', tables=1)
        (orphan.folder / "site_apples" / "migrations" / "0001_thing.py").write_text(script)
        run("db", "upgrade")
        gone(orphan, "apples")
        stderr = run("db", "downgrade", "birds", "--yes", code=1).stderr
        assert "Tables of apples refer to those of birds" in stderr
        stderr = run("db", "downgrade", "core", "--yes", code=1).stderr
        assert "The tables of birds, apples, trees stand on those of core" in stderr

    def test_one_that_is_not_installed_cannot_be_downgraded_but_uninstalled(self, orphan, run) -> None:
        stderr = run("db", "downgrade", "trees", "--yes", code=1).stderr
        assert (
            "The code of trees is not installed: pronaflow plugins uninstall trees takes its data out"
            in stderr
        )
