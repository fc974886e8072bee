"""The contract of a version in a file, and what may change from one version to the next."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from packaging.version import Version

from pronaflow_kernel.plugins.spec_lock import (
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
from pronaflow_kernel.plugins.specs import Argument, Spec


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
