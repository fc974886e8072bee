"""The contract: how hooks are specified, and how it may change from version to version."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pluggy
import pytest
from packaging.version import Version

from pronaflow_kernel import hookspecs
from pronaflow_kernel.clock import FixedClock
from pronaflow_kernel.hookspecs import API_VERSION, hookimpl, hookspec
from pronaflow_kernel.persistence.scope import Scope
from pronaflow_kernel.plugins.base import Plugin
from pronaflow_kernel.plugins.guard import Guard
from pronaflow_kernel.plugins.hooks import Hooks
from pronaflow_kernel.plugins.spec_lock import LOCK, Lock, dump, faults, load, overdue
from pronaflow_kernel.plugins.specs import PREFIXES, Argument, SpecError, kernel_specs, read
from pronaflow_kernel.settings.schema import PluginSettings

RELEASED = Path(__file__).parent / "released_hookspecs"
"""A version of the contract is released once its lock lies here, named after it: `1.0.json`.

Until then the lock may be written anew as often as it takes; `docs/adr/013` says how to release one.
"""


def now() -> Lock:
    return Lock(API_VERSION, kernel_specs())


def released() -> Lock | None:
    """The contract that was released last."""
    files = sorted(RELEASED.glob("*.json"), key=lambda file: Version(file.stem))
    return load(files[-1]) if files else None


@pytest.fixture
def hooks() -> Hooks:
    """The hooks of a server whose plugins are all on."""
    return Hooks(Guard(lambda *_: True, FixedClock(datetime(2026, 3, 2, tzinfo=UTC)), PluginSettings()))


class TestThisContract:
    def test_the_lock_says_what_the_specs_say(self) -> None:
        assert LOCK.read_text(encoding="utf-8") == dump(now()), "run make docs"

    def test_it_changed_since_the_last_release_only_as_its_version_says(self) -> None:
        last = released()
        assert list(faults(last, now()) if last else overdue(now())) == []

    def test_the_marks_are_not_in_the_way_of_pluggy(self) -> None:
        manager = pluggy.PluginManager("pronaflow")
        manager.add_hookspecs(hookspecs)
        for name, spec in kernel_specs().items():
            caller = getattr(manager.hook, name)
            assert caller.spec.argnames == tuple(argument.name for argument in spec.arguments)
            assert caller.spec.opts["firstresult"] == (spec.prefix == "pick")

    def test_every_spec_belongs_to_the_kernel_and_says_since_when_it_exists(self) -> None:
        for spec in kernel_specs().values():
            assert spec.owner == "kernel"
            assert spec.since is not None
            assert Version(spec.since) <= Version(API_VERSION)

    def test_the_order_is_that_of_the_file(self) -> None:
        source = inspect.getsource(hookspecs)
        places = [source.index(f"def {name}(") for name in kernel_specs()]
        assert places == sorted(places)


def module(**functions: Callable[..., Any]) -> ModuleType:
    """A module of specs, as a plugin publishes it."""
    made = ModuleType("trees_hooks")
    vars(made).update(functions)
    return made


class TestReading:
    def test_a_module(self) -> None:
        @hookspec(since="1.2")
        def provide_trees(kind: str, least: int | None) -> list[str]:  # type: ignore[empty-body]
            """The trees.

            Of one kind.
            """

        spec = read(module(provide_trees=provide_trees), "trees")["provide_trees"]
        assert (spec.owner, spec.prefix, spec.since) == ("trees", "provide", "1.2")
        assert spec.arguments == (Argument("kind", "str"), Argument("least", "int | None"))
        assert spec.signature == "def provide_trees(kind: str, least: int | None) -> list[str]"
        assert spec.doc == "The trees.\n\nOf one kind."
        assert spec.semantics is PREFIXES["provide"]

    def test_a_class_with_methods_and_static_methods_in_the_order_of_the_file(self) -> None:
        class Trees:
            @hookspec
            def provide_trees(self, kind: str) -> None:
                """Trees."""

            @staticmethod
            @hookspec
            def check_tree(kind: str) -> None:
                """A tree."""

            def helper(self) -> None:
                """No hook."""

        specs = read(Trees, "trees")
        assert list(specs) == ["provide_trees", "check_tree"]
        assert [spec.arguments for spec in specs.values()] == [(Argument("kind", "str"),)] * 2

    def test_types_that_are_no_text_are_written_as_text(self) -> None:
        def provide_trees(kind, many):
            """Trees."""

        provide_trees.__annotations__ = {"kind": str, "many": Mapping[str, int], "return": None}
        spec = read(module(provide_trees=hookspec(provide_trees)), "trees")["provide_trees"]
        assert spec.signature == (
            "def provide_trees(kind: str, many: collections.abc.Mapping[str, int]) -> None"
        )

    def test_a_plugin_counts_its_own_versions_so_that_since_is_not_guessed(self) -> None:
        @hookspec
        def provide_trees() -> None:
            """Trees."""

        assert read(module(provide_trees=provide_trees), "trees")["provide_trees"].since is None
        assert read(module(provide_trees=provide_trees), "kernel")["provide_trees"].since == "1.0"

    def test_nothing_marked_is_refused(self) -> None:
        with pytest.raises(
            SpecError, match="trees_hooks specifies no hook: mark its functions with @hookspec"
        ):
            read(module(helper=lambda: None), "trees")

    def test_every_fault_of_every_spec_is_named_at_once(self) -> None:
        @hookspec
        def ask_trees(kind, *more: str, least: int = 1):
            pass

        @hookspec
        def provide_trees() -> None:
            """Trees."""

        with pytest.raises(SpecError) as refused:
            read(module(ask_trees=ask_trees, provide_trees=provide_trees), "trees", {"provide_trees"})
        assert str(refused.value).split("; ") == [
            "ask_trees starts with none of the prefixes provide_, pick_, check_, extend_, collect_, erase_",
            "ask_trees has no docstring",
            "say when it is asked and what to answer",
            "ask_trees takes *more, but a hook has plain arguments without defaults, passed by name",
            "ask_trees takes least=1, but a hook has plain arguments without defaults, passed by name",
            "ask_trees has no type for kind",
            "ask_trees has no type for what it returns",
            "provide_trees exists already",
            "hooks of all plugins share their names, so choose another",
        ]

    @pytest.mark.parametrize(
        ("marks", "words"),
        [
            ({"since": "soon"}, "has since='soon', which is no version such as '1.2'"),
            (
                {"deprecated": "use another"},
                "is deprecated with 'use another' instead of a version and advice",
            ),
            ({"deprecated": "1.2"}, "is deprecated with '1.2' instead of a version and advice"),
            (
                {"deprecated": "1.2: use x", "removed_in": "later"},
                "has removed_in='later', which is no version",
            ),
            ({"removed_in": "2.0"}, "goes in 2.0 without having been deprecated in a version before"),
            ({"deprecated": "2.0: use x", "removed_in": "2.0"}, "goes in 2.0 without having been deprecated"),
            ({"deprecated_arguments": {"age": "1.2: no use"}}, "deprecates age, which it does not take"),
            (
                {"deprecated_arguments": {"kind": "no use"}},
                "is deprecated with 'no use' instead of a version",
            ),
        ],
    )
    def test_a_history_that_makes_no_sense_is_refused(self, marks: dict[str, Any], words: str) -> None:
        @hookspec(**marks)
        def provide_trees(kind: str) -> None:
            """Trees."""

        with pytest.raises(SpecError) as refused:
            read(module(provide_trees=provide_trees), "trees")
        assert str(refused.value).startswith(f"provide_trees {words}")


class Picks(Plugin):
    """Takes some of the arguments, in an order of its own."""

    @hookimpl
    def check_tree(self, age: int, kind: str) -> str:
        """Answer what was passed."""
        return f"{kind} {age}"


def test_an_implementation_takes_what_it_needs_in_any_order(hooks) -> None:
    class Trees:
        @hookspec
        def check_tree(self, reader: Any, kind: str, age: int) -> str:  # type: ignore[empty-body]
            """A tree, seen from a workspace."""

    hooks.publish("trees", Trees)
    hooks.register("apples", Picks())
    reader = SimpleNamespace(scope=Scope.system("w"))
    assert hooks.ask("check_tree", kind="fir", reader=reader, age=7) == [("apples", "fir 7")]


class Objects(Plugin):
    """Objects to some trees."""

    @hookimpl
    def check_tree(self, age: int) -> None:
        """Object."""


class TestDeprecation:
    """What is said when the server is put together."""

    @pytest.fixture
    def register(self, hooks: Hooks) -> Callable[..., list[warnings.WarningMessage]]:
        """Has a deprecated hook implemented; the warnings."""

        def register(**marks: Any) -> list[warnings.WarningMessage]:
            @hookspec(**marks)
            def check_tree(kind: str, age: int) -> None:
                """A tree."""

            hooks = Hooks(
                Guard(lambda *_: True, FixedClock(datetime(2026, 3, 2, tzinfo=UTC)), PluginSettings())
            )
            hooks.publish("trees", module(check_tree=check_tree))
            with warnings.catch_warnings(record=True, action="always") as found:
                hooks.register("apples", Objects())
            return found

        return register

    def test_an_implementation_is_warned_with_the_replacement_at_its_own_line(self, register) -> None:
        [found] = register(deprecated="1.2: use check_change", removed_in="2.0")
        words = "check_tree is deprecated since 1.2: use check_change; it goes in 2.0"
        assert (found.category, str(found.message)) == (DeprecationWarning, f"plugin apples: {words}")
        assert found.filename == __file__
        source = Path(__file__).read_text().splitlines()
        assert source[found.lineno - 1 : found.lineno + 1] == [
            "    @hookimpl",
            "    def check_tree(self, age: int) -> None:",
        ]

    def test_one_that_takes_a_deprecated_argument_too(self, register) -> None:
        [found] = register(deprecated_arguments={"age": "1.2: ask for the row"})
        words = "the argument age of check_tree is deprecated since 1.2: ask for the row"
        assert str(found.message) == f"plugin apples: {words}"

    def test_one_that_takes_others_is_not(self, register) -> None:
        assert register(deprecated_arguments={"kind": "1.2: ask for the row"}) == []
