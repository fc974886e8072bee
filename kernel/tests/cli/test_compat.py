"""`pronaflow plugins compat`: only what a plugin uses can break it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from packaging.version import Version

from pronaflow_kernel import hookspecs
from pronaflow_kernel.hookspecs import API_VERSION
from pronaflow_kernel.plugins.markers import HISTORY, History
from pronaflow_kernel.plugins.spec_lock import Lock, dump
from pronaflow_kernel.plugins.specs import kernel_specs

OBJECTS = """
from pronaflow_kernel.api import Plugin, hookimpl

class Main(Plugin):
    def __init__(self):
        raise RuntimeError("compat makes no plugin")

    @hookimpl
    def check_change(self, resource, changes):
        pass
"""

EXTENDS = """
from pronaflow_kernel.api import Plugin, hookimpl

class Main(Plugin):
    @hookimpl
    def extend_payload(self, reader, resource, rows):
        pass
"""


@pytest.fixture
def judged(run: Callable[..., Result]) -> Callable[..., dict[str, tuple[str, list[str]]]]:
    """What `plugins compat` finds: id to verdict, and what breaks."""

    def judged(*arguments: str, code: int = 0) -> dict[str, tuple[str, list[str]]]:
        rows = json.loads(run("plugins", "compat", "--json", *arguments, code=code).stdout)
        return {row["id"]: (row["verdict"], row["breaks"]) for row in rows}

    return judged


@pytest.fixture
def orchard(site):
    """Two plugins that use different hooks, and one that uses none."""
    site.add("objects", code=OBJECTS)
    site.add("extends", code=EXTENDS)
    site.add("rests")
    return site


@pytest.fixture
def other(tmp_path: Path) -> Callable[..., str]:
    """Makes the lock file of another kernel from this one's."""

    def other(api: str, edit: Callable[[dict[str, Any]], None] = lambda hooks: None) -> str:
        data = json.loads(dump(Lock(api, kernel_specs())))
        edit(data["hooks"])
        file = tmp_path / f"{api}.json"
        file.write_text(json.dumps(data))
        return str(file)

    return other


def argument(hooks: dict[str, Any], hook: str, name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(each for each in hooks[hook]["arguments"] if each["name"] == name)
    return found


def test_this_kernel_breaks_nobody(orchard, judged) -> None:
    assert judged() == dict.fromkeys(("extends", "objects", "rests"), ("works", []))
    assert judged("--to", API_VERSION) == judged()


class TestAnotherKernel:
    def test_a_hook_that_goes_breaks_who_implements_it(self, orchard, judged, other) -> None:
        file = other("1.1", lambda hooks: hooks.pop("check_change"))
        assert judged("--lock", file, code=1) == {
            "extends": ("works", []),
            "objects": ("breaks", ["check_change is gone"]),
            "rests": ("works", []),
        }

    def test_an_argument_that_goes_breaks_who_takes_it(self, orchard, judged, other) -> None:
        def without(name: str) -> Callable[[dict[str, Any]], None]:
            return lambda hooks: hooks["check_change"]["arguments"].remove(
                argument(hooks, "check_change", name)
            )

        words = "check_change no longer has the argument resource"
        file = other("1.1", without("resource"))
        assert judged("objects", "--lock", file, code=1)["objects"] == ("breaks", [words])
        assert judged("objects", "--lock", other("1.2", without("row")))["objects"] == ("works", [])

    def test_an_argument_of_another_type_breaks_who_takes_it(self, orchard, judged, other) -> None:
        def retyped(name: str) -> Callable[[dict[str, Any]], None]:
            return lambda hooks: argument(hooks, "check_change", name).update(type="Any")

        words = "check_change has resource: Any instead of str"
        file = other("1.1", retyped("resource"))
        assert judged("objects", "--lock", file, code=1)["objects"] == ("breaks", [words])
        assert judged("objects", "--lock", other("1.2", retyped("row")))["objects"] == ("works", [])

    def test_another_answer_breaks_who_implements_the_hook(self, orchard, judged, other) -> None:
        file = other("1.1", lambda hooks: hooks["extend_payload"].update(returns="str"))
        found = judged("--lock", file, code=1)
        words = "extend_payload returns str instead of Mapping[str, Any] | None"
        assert found["extends"] == ("breaks", [words])
        assert found["objects"] == ("works", [])

    def test_additions_and_another_order_break_nobody(self, orchard, judged, other) -> None:
        def edit(hooks: dict[str, Any]) -> None:
            hooks["check_more"] = hooks["check_change"] | {"since": "1.1"}
            arguments = hooks["extend_payload"]["arguments"]
            arguments.insert(0, {"name": "more", "type": "str", "deprecated": None})
            arguments.reverse()

        assert {verdict for verdict, _ in judged("--lock", other("1.1", edit)).values()} == {"works"}

    def test_what_is_deprecated_there_is_told_and_breaks_nobody(self, orchard, run, other) -> None:
        def edit(hooks: dict[str, Any]) -> None:
            hooks["check_change"] |= {"deprecated": "1.1: use check_more", "removed_in": "2.0"}
            argument(hooks, "extend_payload", "rows")["deprecated"] = "1.1: use ids"

        shown = run("plugins", "compat", "--lock", other("1.1", edit)).stdout
        words = "check_change is deprecated since 1.1: use check_more; it goes in 2.0"
        assert f"objects  works    {words}" in shown
        assert (
            "extends  works    the argument rows of extend_payload is deprecated since 1.1: use ids" in shown
        )

    def test_a_hook_that_only_the_other_kernel_has_is_no_break(self, site, judged, other) -> None:
        site.add("early", code=OBJECTS.replace("check_change", "check_more"))
        file = other("1.1", lambda hooks: hooks.update(check_more=hooks["check_change"]))
        assert judged("--lock", file)["early"] == ("works", [])

    def test_its_wheel_will_do(self, orchard, judged, other, tmp_path: Path) -> None:
        from zipfile import ZipFile

        wheel = tmp_path / "pronaflow_kernel-2-py3-none-any.whl"
        with ZipFile(wheel, "w") as archive:
            text = Path(other("1.1", lambda hooks: hooks.pop("check_change"))).read_text()
            archive.writestr("pronaflow_kernel/hookspecs.lock.json", text)
        assert judged("--lock", str(wheel), code=1)["objects"][0] == "breaks"


class TestAnnouncements:
    """Without a lock, what is marked `removed_in` today."""

    def test_who_implements_a_hook_that_is_to_go_breaks(self, orchard, judged, monkeypatch) -> None:
        marks = History("1.0", "1.0: use extend_more", "1.5")
        monkeypatch.setattr(hookspecs.extend_payload, HISTORY, marks)
        assert judged("--to", "1.4")["extends"] == ("works", [])
        assert judged("--to", "1.5", code=1) == {
            "extends": ("breaks", ["extend_payload is gone (use extend_more)"]),
            "objects": ("works", []),
            "rests": ("works", []),
        }

    def test_a_version_before_a_hook_came_breaks_too(self, orchard, judged, run) -> None:
        rows = json.loads(run("plugins", "compat", "--to", "0.9", "--json", code=1).stdout)
        assert {row["id"]: (row["verdict"], row["in_range"]) for row in rows} == {
            "extends": ("breaks", False),
            "objects": ("breaks", False),
            "rests": ("kept out", False),
        }


class TestRange:
    def test_a_range_that_leaves_the_version_out_keeps_out_but_breaks_nothing(self, orchard, run) -> None:
        major = f"{Version(API_VERSION).major + 1}.0"
        rows = json.loads(run("plugins", "compat", "rests", "--to", major, "--json").stdout)
        assert [(row["verdict"], row["in_range"], row["breaks"]) for row in rows] == [("kept out", False, [])]
        words = f"its range, api = '>=1.0,<2', leaves {major} out: it will not start"
        assert words in run("plugins", "compat", "--to", major).stdout


class TestBrokenPlugins:
    def test_they_are_named_with_their_reason_and_spoil_nothing(self, site, run, judged) -> None:
        site.add("good", code=OBJECTS)
        site.add("broken", code="raise RuntimeError('out of order')")
        site.add("quits", code="raise SystemExit('bye')")
        site.add("typo", code="class Main(Plugin)")
        site.add("unreadable", "nonsense = 1")
        result = run("plugins", "compat")
        assert "broken      unknown  import: RuntimeError: out of order" in result.stdout
        assert "quits       unknown  import: SystemExit: bye" in result.stdout
        assert "typo        unknown  import: SyntaxError" in result.stdout
        assert "unknown key `nonsense`" in result.stdout
        assert "good        works" in result.stdout
        assert "Traceback" not in result.output
        assert judged()["good"] == ("works", [])

    def test_what_no_kernel_knows_is_told_with_the_nearest(self, site, judged) -> None:
        site.add("misspelt", code=OBJECTS.replace("check_change", "check_changes"))
        site.add("wishes", code=OBJECTS.replace("changes", "colour"))
        found = judged(code=1)
        words = f"check_changes is no hook of {API_VERSION}; did you mean check_change?"
        assert found["misspelt"] == ("breaks", [words])
        assert found["wishes"] == ("breaks", [f"check_change has no argument colour in {API_VERSION}"])

    def test_hooks_of_other_plugins_have_versions_of_their_own(self, site, judged) -> None:
        site.add(
            "helper", 'hooks = ["trees:provide_trees"]', OBJECTS.replace("check_change", "provide_trees")
        )
        assert judged("--to", "0.5")["helper"] == ("kept out", [])


class TestArguments:
    def test_an_unknown_plugin_brings_the_nearest(self, orchard, run) -> None:
        assert "did you mean 'objects'?" in run("plugins", "compat", "object", code=1).stderr

    def test_a_version_that_is_none(self, run) -> None:
        assert "'next' is no version such as 2.0" in run("plugins", "compat", "--to", "next", code=2).stderr

    def test_a_file_that_is_no_lock(self, run, tmp_path: Path) -> None:
        (tmp_path / "x.json").write_text("{}")
        stderr = run("plugins", "compat", "--lock", str(tmp_path / "x.json"), code=1).stderr
        assert "is no lock of hook specs: it lacks 'lock'" in stderr

    def test_a_version_that_is_not_that_of_the_lock(self, run, other) -> None:
        stderr = run("plugins", "compat", "--lock", other("1.1"), "--to", "2.0", code=1).stderr
        assert "is the contract of 1.1, not of 2.0; leave out --to" in stderr

    def test_it_needs_neither_settings_nor_a_database(self, orchard, run) -> None:
        Path("pronaflow.toml").write_text("[server\n")
        assert "objects  works" in run("plugins", "compat").stdout
