"""A manifest is compared with the code, key by key."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import click
import pytest
from marshmallow import Schema

from pronaflow_kernel.access.permissions import Permission
from pronaflow_kernel.events.types import EventType, Subscriber
from pronaflow_kernel.plugins.base import Plugin
from pronaflow_kernel.plugins.lifecycle import Contribution
from pronaflow_kernel.plugins.manifest import Manifest
from pronaflow_kernel.plugins.specs import Spec, kernel_specs
from pronaflow_kernel.plugins.truth import absent_hooks, differences, unknown_scopes

TRUE = Manifest(
    id="x",
    name="X",
    summary="x",
    api=">=1.0",
    hooks=("check_change", "palette:collect_colours"),
    permissions=("read:x", "read:tasks"),
    commands={"greet": "Greet."},
    emits=("x.made",),
    listens=("task.*",),
)
BROUGHT = Contribution(
    Plugin(),
    permissions=[Permission("x.read", "Read", "read:x")],
    commands=[click.Command("greet")],
    event_types=[EventType("x.made", "X", Schema)],
    subscribers=[Subscriber("ear", ("task.*",), lambda uow, event: None)],
)
IMPLEMENTED = ["check_change", "collect_colours", "provide_models"]
SPECS = {**kernel_specs(), "collect_colours": Spec("collect_colours", "palette", (), "None")}


def found(manifest: Manifest, contribution: Contribution = BROUGHT, specs: Any = SPECS) -> list[str]:
    return differences(manifest, contribution, IMPLEMENTED, specs, ())


def test_a_true_manifest_has_none() -> None:
    assert found(TRUE) == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"hooks": ("palette:collect_colours",)},
            "`hooks` does not name check_change, which the code brings",
        ),
        ({"hooks": ("check_change",)}, "`hooks` does not name palette:collect_colours"),
        (
            {"hooks": (*TRUE.hooks, "extend_payload")},
            "`hooks` names extend_payload, which the code does not bring",
        ),
        ({"hooks": (*TRUE.hooks, "provide_models")}, "`hooks` names provide_models"),
        ({"permissions": ()}, "`permissions` does not name read:x"),
        ({"commands": {}}, "`commands` does not name greet"),
        ({"commands": {"greet": "", "wave": ""}}, "`commands` names wave"),
        ({"emits": ()}, "`events.emits` does not name x.made"),
        ({"emits": ("x.made", "x.lost")}, "`events.emits` names x.lost"),
        ({"listens": ()}, "`events.listens` does not name task.*"),
        ({"listens": ("task.*", "user.*")}, "`events.listens` names user.*"),
    ],
)
def test_each_key_that_is_not_true_is_named(changes: dict[str, Any], words: str) -> None:
    [difference] = found(replace(TRUE, **changes))
    assert difference.startswith(words)


def test_all_differences_are_named_at_once() -> None:
    assert len(found(replace(TRUE, hooks=(), commands={}, emits=(), listens=(), permissions=()))) == 5


def test_hooks_of_a_plugin_that_is_not_there_cannot_be_judged() -> None:
    absent = absent_hooks(TRUE, present=["tasks"])
    assert absent == {"palette:collect_colours"}
    assert differences(TRUE, BROUGHT, ["check_change"], kernel_specs(), absent) == []
    assert absent_hooks(TRUE, present=["palette"]) == set()


def test_a_scope_that_nobody_knows_is_a_mistake() -> None:
    assert unknown_scopes(TRUE, {"read:x", "read:tasks"}) == []
    assert unknown_scopes(TRUE, {"read:x"}) == ["read:tasks"]


def test_a_plugin_in_uses_that_is_not_there_may_know_it() -> None:
    assert unknown_scopes(replace(TRUE, uses=("tasks",)), {"read:x"}) == []
