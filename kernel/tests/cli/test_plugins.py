"""`pronaflow plugins`: states with reasons, and the operator's switches."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

WITH_ROUTE = """
from pronaflow_kernel.api import Blueprint, Plugin, PUBLIC, hookimpl

class Main(Plugin):
    @hookimpl
    def provide_blueprints(self):
        blp = Blueprint("trees", url_prefix="/api/v1/trees", tag="Trees")

        @blp.endpoint("GET", "/count", permission=PUBLIC)
        def count(reader):
            "Count the trees."

        return [blp]
"""


@pytest.fixture
def listed(run: Callable[..., Result]) -> Callable[[], dict[str, tuple[str, str]]]:
    """What `plugins list` shows: id to state and reason."""

    def listed() -> dict[str, tuple[str, str]]:
        rows = json.loads(run("plugins", "list", "--json").stdout)
        return {row["id"]: (row["state"], row["reason"]) for row in rows}

    return listed


@pytest.fixture
def orchard(site, run: Callable[..., Result]):
    """A database, and plugins of which some stand on others: trees < apples < cider; birds alone."""
    site.add("trees")
    site.add("apples", 'requires = {trees = ">=0"}')
    site.add("cider", 'requires = {apples = ">=0"}')
    site.add("birds")
    run("db", "upgrade")
    return site


class TestList:
    def test_every_state_has_its_reason_in_words(self, site, run, listed, monkeypatch) -> None:
        site.add("good")
        site.add("off")
        site.add("future", 'api = ">=9"'.replace("api", "uses = []\n#"))
        site.add("broken", code="raise RuntimeError('out of order')")
        site.add("needy", 'requires = {broken = ">=0"}')
        site.add("lonely", 'requires = {nobody = ">=0"}')
        site.add("unreadable", "nonsense = 1")
        toml = site.folder / "site_future" / "plugin.toml"
        toml.write_text(toml.read_text().replace(">=1.0,<2", ">=9"))
        monkeypatch.setenv("PRONAFLOW_PLUGINS__DISABLED", "off")
        run("db", "upgrade")
        found = listed()
        assert found["good"] == ("ready", "")
        assert found["off"] == ("disabled", "switched off by the settings")
        assert found["future"] == ("incompatible", "needs hook API >=9, this kernel has 1.0")
        assert found["broken"] == ("failed", "import: RuntimeError: out of order")
        assert found["needy"][0] == "blocked"
        assert "broken" in found["needy"][1]
        assert found["lonely"] == ("blocked", "requires nobody, which is not installed")
        assert found["unreadable"][0] == "failed"
        assert "unknown key `nonsense`" in found["unreadable"][1]

    def test_a_plugin_whose_tables_are_behind_is_pending(self, site, run, listed) -> None:
        run("db", "upgrade")
        site.add("trees", tables=1)
        assert listed()["trees"][0] == "pending"

    def test_failures_leave_no_traceback_among_the_states(self, site, run) -> None:
        site.add("broken", code="raise RuntimeError('out of order')")
        run("db", "upgrade")
        assert "Traceback" not in run("plugins", "list").output

    def test_without_a_database_it_tells_what_can_be_told_and_makes_none(self, site, run) -> None:
        site.add("trees")
        site.add("lonely", 'requires = {nobody = ">=0"}')
        result = run("plugins", "list")
        assert "There is no database yet" in result.stderr
        assert "trees   0.3.0    unknown" in result.stdout
        assert "lonely  0.3.0    blocked  requires nobody, which is not installed" in result.stdout
        assert not Path("instance").exists()

    def test_with_broken_settings_too(self, site, run) -> None:
        site.add("trees")
        Path("pronaflow.toml").write_text("[server\n")
        result = run("plugins", "list")
        assert "pronaflow.toml:1: is not valid TOML" in result.stderr
        assert "trees" in result.stdout


class TestShow:
    def test_manifest_state_routes_and_permissions(self, site, run) -> None:
        site.add("trees", 'author = "Ann"\n[commands]\n', code=WITH_ROUTE)
        run("db", "upgrade")
        data = json.loads(run("plugins", "show", "trees", "--json").stdout)
        assert (data["state"], data["version"], data["distribution"]) == ("ready", "0.3.0", "pronaflow-trees")
        assert data["manifest"]["author"] == "Ann"
        assert data["routes"] == [{"method": "GET", "path": "/api/v1/trees/count", "permission": "public"}]
        shown = run("plugins", "show", "trees").stdout
        assert "Says trees." in shown
        assert "GET     /api/v1/trees/count  public" in shown

    def test_a_failure_with_its_traceback(self, site, run) -> None:
        site.add("broken", code="raise RuntimeError('out of order')")
        run("db", "upgrade")
        shown = run("plugins", "show", "broken").stdout
        assert "failed: import: RuntimeError: out of order" in shown
        assert "Traceback (most recent call last)" in shown

    def test_works_without_a_database(self, site, run) -> None:
        site.add("trees")
        assert "Says trees." in run("plugins", "show", "trees").stdout

    def test_an_unknown_one_brings_the_nearest(self, orchard, run) -> None:
        stderr = run("plugins", "show", "tree", code=1).stderr
        assert "No plugin 'tree' is installed; did you mean 'trees'?" in stderr

    def test_one_like_no_other_brings_all_there_are(self, orchard, run) -> None:
        stderr = run("plugins", "show", "xyz", code=1).stderr
        assert "there are: apples, birds, cider, trees" in stderr


class TestSwitches:
    def test_off_and_on_again(self, orchard, run, listed) -> None:
        assert run("plugins", "disable", "birds").stdout == "birds is now off\n"
        assert listed()["birds"] == ("disabled", "switched off by an operator")
        assert run("plugins", "disable", "birds").stdout == "birds was off\n"
        assert run("plugins", "enable", "birds").stdout == "birds is now on\n"
        assert listed()["birds"] == ("ready", "")
        assert run("plugins", "enable", "birds").stdout == "birds was on\n"

    def test_one_that_others_require_is_refused_with_their_names(self, orchard, run, listed) -> None:
        result = run("plugins", "disable", "trees", code=1)
        assert "apples, cider require trees; --cascade switches them off too" in result.stderr
        assert listed()["trees"] == ("ready", "")

    def test_cascade_switches_off_all_that_require_it(self, orchard, run, listed) -> None:
        data = json.loads(run("plugins", "disable", "trees", "--cascade", "--json").stdout)
        assert {each["id"] for each in data} == {"trees", "apples", "cider"}
        states = {plugin: state for plugin, (state, _) in listed().items()}
        assert states == {"trees": "disabled", "apples": "disabled", "cider": "disabled", "birds": "ready"}

    def test_one_may_go_when_those_that_require_it_are_off(self, orchard, run) -> None:
        run("plugins", "disable", "cider")
        assert run("plugins", "disable", "apples").stdout == "apples is now off\n"

    def test_one_whose_requirements_are_off_is_refused_with_their_names(self, orchard, run, listed) -> None:
        run("plugins", "disable", "trees", "--cascade")
        result = run("plugins", "enable", "cider", code=1)
        assert "cider requires apples, trees, which are off; --cascade switches them on too" in result.stderr
        run("plugins", "enable", "cider", "--cascade")
        assert listed()["trees"] == ("ready", "")

    def test_the_settings_win(self, orchard, run, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PRONAFLOW_PLUGINS__DISABLED", "birds")
        stderr = run("plugins", "enable", "birds", code=1).stderr
        assert "The settings keep birds off, and they win: see PRONAFLOW_PLUGINS__DISABLED" in stderr

    def test_switching_on_what_does_not_run_says_so(self, site, run) -> None:
        site.add("broken", code="raise RuntimeError('out of order')")
        run("db", "upgrade")
        result = run("plugins", "enable", "broken")
        assert "broken does not run all the same, it is failed: import: RuntimeError" in result.stderr

    def test_an_unknown_one_brings_the_nearest(self, orchard, run) -> None:
        assert "did you mean 'birds'?" in run("plugins", "disable", "brids", code=1).stderr
        assert "did you mean 'birds'?" in run("plugins", "enable", "brids", code=1).stderr
