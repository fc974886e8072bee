"""The contract: how hooks are specified, and how it may change from version to version."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any
from zipfile import ZipFile

import pluggy
import pytest
from packaging.version import Version

from pronaflow_kernel import hookspecs
from pronaflow_kernel.hookspecs import API_VERSION, hookimpl, hookspec
from pronaflow_kernel.plugins.spec_lock import (
    LOCK,
    ORDER,
    RETURNS,
    Lock,
    LockError,
    compare,
    dump,
    expected,
    faults,
    least_version,
    load,
    overdue,
)
from pronaflow_kernel.plugins.specs import PREFIXES, Argument, Spec, SpecError, kernel_specs, read

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


class TestDeprecation:
    def manager(self, **marks: Any) -> pluggy.PluginManager:
        @hookspec(**marks)
        def check_tree(kind: str, age: int) -> None:
            """A tree."""

        manager = pluggy.PluginManager("pronaflow")
        manager.add_hookspecs(module(check_tree=check_tree))
        return manager

    class Asks:
        @hookimpl
        def check_tree(self, age: int) -> None:
            """Object."""

    def test_an_implementation_is_warned_with_the_replacement(self) -> None:
        manager = self.manager(deprecated="1.2: use check_change", removed_in="2.0")
        words = "the hook check_tree is deprecated since 1.2: use check_change; it goes in 2.0"
        with pytest.warns(DeprecationWarning, match=f"^{words}$"):
            manager.register(self.Asks())

    def test_one_that_takes_a_deprecated_argument_too(self) -> None:
        manager = self.manager(deprecated_arguments={"age": "1.2: ask for the row"})
        words = "the argument age of the hook check_tree is deprecated since 1.2: ask for the row"
        with pytest.warns(DeprecationWarning, match=f"^{words}$"):
            manager.register(self.Asks())

    def test_one_that_takes_others_is_not(self) -> None:
        manager = self.manager(deprecated_arguments={"kind": "1.2: ask for the row"})
        assert manager.register(self.Asks())


def spec(name: str = "check_tree", *arguments: str, returns: str = "None", **history: Any) -> Spec:
    """A made-up spec; an argument is `name: type`."""
    parts = (each.split(": ") for each in arguments)
    made = tuple(Argument(name, type_) for name, type_ in parts)
    return Spec(name, "kernel", made, returns, history.pop("since", "1.0"), **history)


def lock(api: str, *specs: Spec) -> Lock:
    return Lock(api, {each.name: each for each in specs})


OLD = spec("check_tree", "kind: str", "age: int")

CHANGES = {
    "nothing": ((OLD,), [], "1.0"),
    "documentation": ((spec("check_tree", "kind: str", "age: int", doc="New."),), [], "1.0"),
    "a new hook": ((OLD, spec("check_bush")), [("added", "check_bush", "", "check_bush is new")], "1.1"),
    "a new argument at the end": (
        (spec("check_tree", "kind: str", "age: int", "row: Row"),),
        [("appended", "check_tree", "row", "check_tree has the new argument row: Row")],
        "1.1",
    ),
    "a deprecated hook": (
        (spec("check_tree", "kind: str", "age: int", deprecated="1.1: use check_bush", removed_in="2.0"),),
        [
            (
                "deprecated",
                "check_tree",
                "",
                "check_tree is deprecated since 1.1: use check_bush; it goes in 2.0",
            )
        ],
        "1.1",
    ),
    "a deprecated argument": (
        (
            Spec(
                "check_tree",
                "kernel",
                (Argument("kind", "str"), Argument("age", "int", "1.1: use row")),
                "None",
                "1.0",
            ),
        ),
        [
            (
                "deprecated",
                "check_tree",
                "age",
                "the argument age of check_tree is deprecated since 1.1: use row",
            )
        ],
        "1.1",
    ),
    "a hook less": ((), [("removed", "check_tree", "", "check_tree is gone")], "2.0"),
    "an argument less": (
        (spec("check_tree", "age: int"),),
        [("removed", "check_tree", "kind", "check_tree no longer has the argument kind")],
        "2.0",
    ),
    "an argument of another type": (
        (spec("check_tree", "kind: Kind", "age: int"),),
        [("changed", "check_tree", "kind", "check_tree has kind: Kind instead of str")],
        "2.0",
    ),
    "another answer": (
        (spec("check_tree", "kind: str", "age: int", returns="bool"),),
        [("changed", "check_tree", RETURNS, "check_tree returns bool instead of None")],
        "2.0",
    ),
    "arguments in another order": (
        (spec("check_tree", "age: int", "kind: str"),),
        [
            (
                "changed",
                "check_tree",
                ORDER,
                "check_tree has its arguments in another order: new ones are only appended",
            )
        ],
        "2.0",
    ),
    "an argument put in between": (
        (spec("check_tree", "kind: str", "row: Row", "age: int"),),
        [
            (
                "changed",
                "check_tree",
                ORDER,
                "check_tree has its arguments in another order: new ones are only appended",
            ),
            ("appended", "check_tree", "row", "check_tree has the new argument row: Row"),
        ],
        "2.0",
    ),
}


class TestChanges:
    @pytest.mark.parametrize(("specs", "found", "least"), CHANGES.values(), ids=CHANGES)
    def test_every_kind_is_told_and_demands_its_version(self, specs, found, least) -> None:
        changes = compare({"check_tree": OLD}, lock("1.0", *specs).specs)
        assert [(each.kind, each.hook, each.part, each.words) for each in changes] == found
        assert least_version("1.0", changes) == least

    def test_what_takes_back_a_deprecation_is_one_too(self) -> None:
        before = spec(deprecated="1.1: use check_bush")
        (change,) = compare({"check_tree": before}, {"check_tree": spec()})
        assert (change.kind, change.words) == ("deprecated", "check_tree is no longer deprecated")

    def test_what_goes_as_announced_repeats_the_advice(self) -> None:
        before = spec(deprecated="1.1: use check_bush", removed_in="2.0")
        (change,) = compare({"check_tree": before}, {})
        assert change.words == "check_tree is gone (use check_bush)"

    def test_a_version_that_is_too_low_is_a_fault(self) -> None:
        new = (OLD, spec("check_bush", since="1.1"))
        assert list(faults(lock("1.0", OLD), lock("1.0", OLD, spec("check_bush")))) == [
            "since 1.0 was released, check_bush is new: the version must be 1.1 at least"
        ]
        assert list(faults(lock("1.0", OLD), lock("1.1", *new))) == []
        assert list(faults(lock("1.0", OLD), lock("1.1"))) == [
            "since 1.0 was released, check_tree is gone: the version must be 2.0 at least"
        ]
        assert list(faults(lock("1.0", OLD), lock("2.0"))) == []

    def test_a_new_hook_that_does_not_say_since_when_is_a_fault(self) -> None:
        assert list(faults(lock("1.0"), lock("1.1", spec("check_bush")))) == [
            "check_bush is new: mark it since='1.1'"
        ]

    def test_a_hook_that_stayed_too_long_is_a_fault(self) -> None:
        late = spec(deprecated="1.1: use check_bush", removed_in="2.0")
        assert list(overdue(lock("1.9", late))) == []
        assert list(overdue(lock("2.0", late))) == ["check_tree is still there in 2.0, but was to go in 2.0"]


class TestForecast:
    def test_hooks_that_go_and_arguments_of_an_earlier_major_version(self) -> None:
        old_age = (Argument("kind", "str"), Argument("age", "int", "1.2: use row"))
        specs = lock(
            "1.3",
            Spec("check_tree", "kernel", old_age, "None", "1.0"),
            spec("check_bush", deprecated="1.1: use check_tree", removed_in="2.0"),
            spec("check_moss", deprecated="1.1: use check_tree"),
            spec("check_fern", since="1.3"),
        ).specs

        def found(version: str) -> dict[str, list[str]]:
            hooks = expected(specs, Version(version)).values()
            return {each.name: [argument.name for argument in each.arguments] for each in hooks}

        everything = {"check_tree": ["kind", "age"], "check_bush": [], "check_moss": [], "check_fern": []}
        assert found("1.3") == everything
        assert found("1.9") == everything
        assert found("2.0") == {"check_tree": ["kind"], "check_moss": [], "check_fern": []}
        assert found("1.2") == {"check_tree": ["kind", "age"], "check_bush": [], "check_moss": []}


class TestLockFile:
    def test_it_keeps_everything_but_the_docstrings(self, tmp_path: Path) -> None:
        arguments = (Argument("kind", "str"), Argument("age", "int", "1.2: use row"))
        made = lock(
            "1.3",
            Spec("check_tree", "kernel", arguments, "bool", "1.1", "1.2: use check_bush", "2.0", "Doc."),
            spec("check_bush"),
        )
        file = tmp_path / "some.json"
        file.write_text(dump(made))
        again = load(file)
        assert again.api == "1.3"
        assert compare(made.specs, again.specs) == []
        assert again.specs["check_tree"] == Spec(
            "check_tree", "kernel", arguments, "bool", "1.1", "1.2: use check_bush", "2.0"
        )

    def test_it_is_found_in_a_wheel(self, tmp_path: Path) -> None:
        wheel = tmp_path / "pronaflow_kernel-9.0-py3-none-any.whl"
        with ZipFile(wheel, "w") as archive:
            archive.writestr("pronaflow_kernel/hookspecs.lock.json", dump(lock("9.0", OLD)))
        assert load(wheel).api == "9.0"

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("{", "is no lock of hook specs: Expecting"),
            ("{}", "is no lock of hook specs: it lacks 'lock'"),
            ("[]", "is no lock of hook specs: list indices"),
            ('{"lock": 2}', "is no lock of hook specs: its format is 2, this kernel reads 1"),
            ('{"lock": 1, "api": "1", "hooks": {"a": {}}}', "is no lock of hook specs: it lacks 'arguments'"),
            ('{"lock": 1, "api": "new", "hooks": {}}', "is no lock of hook specs: 'new' is no version"),
            ('{"lock": 1, "api": "1", "hooks": []}', "is no lock of hook specs: 'list' object"),
        ],
    )
    def test_anything_else_is_refused_in_words(self, text: str, words: str, tmp_path: Path) -> None:
        file = tmp_path / "some.json"
        file.write_text(text)
        with pytest.raises(LockError) as refused:
            load(file)
        assert str(refused.value).startswith(f"{file} {words}")

    def test_a_file_that_is_not_there_too(self, tmp_path: Path) -> None:
        with pytest.raises(LockError, match=r"nowhere\.json cannot be read: No such file or directory"):
            load(tmp_path / "nowhere.json")

    @pytest.mark.parametrize("content", [b"no zip", None])
    def test_a_wheel_without_a_lock_too(self, content: bytes | None, tmp_path: Path) -> None:
        wheel = tmp_path / "pronaflow_kernel-0.1-py3-none-any.whl"
        if content is None:
            with ZipFile(wheel, "w") as archive:
                archive.writestr("pronaflow_kernel/__init__.py", "")
        else:
            wheel.write_bytes(content)
        with pytest.raises(LockError, match="is no lock of hook specs"):
            load(wheel)
