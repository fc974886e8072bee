"""`pronaflow db` on both databases."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result


@pytest.fixture
def run(run: Callable[..., Result], new_database: Callable[[], str], monkeypatch: pytest.MonkeyPatch):
    """`run` over an empty database."""
    monkeypatch.setenv("PRONAFLOW_DATABASE_URL", new_database())
    return run


def statuses(run: Callable[..., Result]) -> dict[str, tuple[str | None, list[str]]]:
    rows = json.loads(run("db", "status", "--json").stdout)
    return {row["plugin"]: (row["current"], row["pending"]) for row in rows}


def steps(result: Result) -> list[tuple[str, str]]:
    return [(step["plugin"], step["revision"]) for step in json.loads(result.stdout)]


class TestUpgrade:
    def test_the_kernel_comes_first_and_then_the_plugins_in_the_order_of_their_start(self, site, run) -> None:
        site.add("apples", 'requires = {trees = ">=0"}', tables=2)
        site.add("trees", tables=1)
        done = steps(run("db", "upgrade", "--json"))
        plugins = [step for step in done if step[0] != "core"]
        assert done[0] == ("core", "0001")
        assert plugins == [("trees", "0001"), ("apples", "0001"), ("apples", "0002")]

    def test_a_second_one_has_nothing_to_do(self, site, run) -> None:
        site.add("trees", tables=1)
        run("db", "upgrade")
        assert run("db", "upgrade").stdout == "Nothing to do, all tables are up to date.\n"

    def test_a_plugin_that_the_settings_switch_off_is_left_alone_and_so_is_what_requires_it(
        self, site, run, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        site.add("trees", tables=1)
        site.add("apples", 'requires = {trees = ">=0"}', tables=1)
        monkeypatch.setenv("PRONAFLOW_PLUGINS__DISABLED", "trees")
        result = run("db", "upgrade", "--json")
        assert {plugin for plugin, _ in steps(result)} == {"core"}
        assert "trees is left alone, it is disabled: switched off by the settings" in result.stderr
        assert "apples is left alone, it is blocked: requires trees" in result.stderr

    def test_a_migration_that_fails_is_named_and_those_before_it_stay(self, site, run) -> None:
        site.add("trees", tables=2)
        script = site.folder / "site_trees" / "migrations" / "0002_thing.py"
        script.write_text(script.read_text().replace("op.create_table(", "op.no_such("))
        result = run("db", "upgrade", code=6)
        assert "trees: 0002 thing" in result.stderr
        assert statuses(run)["trees"] == ("0001", ["0002"])

    def test_no_progress_bar_disturbs_what_is_not_a_terminal(self, site, run) -> None:
        assert run("db", "upgrade").stderr == ""


class TestStatus:
    def test_pending_and_done_are_told_apart(self, site, run) -> None:
        site.add("trees", tables=2)
        run("db", "upgrade")
        run("db", "downgrade", "trees", "--to", "0001", "--yes")
        assert statuses(run)["trees"] == ("0001", ["0002"])
        shown = run("db", "status").stdout
        assert "trees   0001      0002  1 pending" in shown
        assert shown.endswith("Run the pending ones with: pronaflow db upgrade\n")

    def test_a_database_newer_than_the_code_is_said_so(self, site, run) -> None:
        site.add("trees", tables=2)
        run("db", "upgrade")
        (site.folder / "site_trees" / "migrations" / "0002_thing.py").unlink()
        assert "newer than this code" in run("db", "status").stdout
        assert "newer than this code" in run("db", "upgrade", code=6).stderr


def test_looking_does_not_make_a_database(site, run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PRONAFLOW_DATABASE_URL", f"sqlite:///{tmp_path / 'new' / 'it.sqlite3'}")
    assert statuses(run)["core"][0] is None
    assert not (tmp_path / "new").exists()


class TestDowngrade:
    def test_one_plugin_goes_back_and_the_others_stay(self, site, run) -> None:
        site.add("trees", tables=2)
        site.add("birds", tables=1)
        run("db", "upgrade")
        done = steps(run("db", "downgrade", "trees", "--yes", "--json"))
        assert done == [("trees", "0002"), ("trees", "0001")]
        after = statuses(run)
        assert after["trees"] == (None, ["0001", "0002"])
        assert after["birds"] == ("0001", [])

    def test_it_asks_first(self, site, run) -> None:
        site.add("trees", tables=2)
        run("db", "upgrade")
        result = run("db", "downgrade", "trees", input="n\n", code=1)
        assert "Undo 0002, 0001 of trees and lose their data?" in result.stderr
        assert statuses(run)["trees"] == ("0002", [])
        run("db", "downgrade", "trees", input="y\n")
        assert statuses(run)["trees"][0] is None

    def test_it_asks_nothing_where_there_is_nothing_to_undo(self, site, run) -> None:
        site.add("trees", tables=1)
        run("db", "upgrade")
        assert run("db", "downgrade", "trees", "--to", "0001").stdout == "Nothing to do.\n"

    def test_tables_that_others_stand_on_are_not_taken_away(self, site, run) -> None:
        site.add("trees", tables=1)
        site.add("twigs", 'requires = {trees = ">=0"}')
        site.add("apples", 'requires = {twigs = ">=0"}', tables=1)
        run("db", "upgrade")
        result = run("db", "downgrade", "trees", "--yes", code=1)
        assert "The tables of apples stand on those of trees: downgrade them first" in result.stderr
        run("db", "downgrade", "apples", "--yes")
        run("db", "downgrade", "trees", "--yes")
        assert statuses(run)["trees"][0] is None

    def test_an_unknown_plugin_brings_the_nearest_one(self, site, run) -> None:
        site.add("trees", tables=1)
        result = run("db", "downgrade", "trese", "--yes", code=1)
        assert "No plugin 'trese' is installed; did you mean 'trees'?" in result.stderr

    def test_an_unknown_revision_is_refused(self, site, run) -> None:
        site.add("trees", tables=1)
        run("db", "upgrade")
        assert (
            "trees has no revision '7'"
            in run("db", "downgrade", "trees", "--to", "7", "--yes", code=6).stderr
        )
