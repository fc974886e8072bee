"""The one place where plugin code is called: what a failure does, by the prefix of the hook."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from pronaflow_kernel.access.principal import Principal
from pronaflow_kernel.attribution import CURRENT_PLUGIN
from pronaflow_kernel.clock import FixedClock
from pronaflow_kernel.errors import Forbidden, PluginFailed, Unauthorized
from pronaflow_kernel.hookspecs import hookimpl, hookspec
from pronaflow_kernel.persistence.scope import Scope
from pronaflow_kernel.plugins.base import Plugin
from pronaflow_kernel.plugins.breaker import FAILURES, PAUSE
from pronaflow_kernel.plugins.guard import Guard
from pronaflow_kernel.plugins.hooks import Hooks
from pronaflow_kernel.plugins.lifecycle import PluginFault
from pronaflow_kernel.settings.schema import PluginSettings
from pronaflow_kernel.testing.world import START


class Stopwatch:
    """Counts seconds; a call takes as long as `cost` says."""

    def __init__(self) -> None:
        self.now = self.cost = 0.0

    def __call__(self) -> float:
        self.now += self.cost
        return self.now


class Setup:
    """Hooks over a guard whose clock, stopwatch and switches the test holds."""

    def __init__(self, **settings: Any) -> None:
        self.off: set[tuple[str, str | None]] = set()
        self.clock, self.watch = FixedClock(START), Stopwatch()
        self.guard = Guard(self._active, self.clock, PluginSettings(**settings), self.watch)
        self.hooks = Hooks(self.guard)

    def _active(self, plugin_id: str, workspace_id: str | None) -> bool:
        return not {(plugin_id, None), (plugin_id, workspace_id)} & self.off

    def plugin(self, plugin_id: str, **methods: Any) -> Setup:
        marked = {name: hookimpl(method) for name, method in methods.items()}
        self.hooks.register(plugin_id, type("P", (Plugin,), marked)())
        return self


class FakeReader:
    """As much of a reader as the guard looks at."""

    def __init__(self, workspace_id: str | None = "w") -> None:
        self.scope = Scope(Principal.anonymous(), workspace_id)


READER: Any = FakeReader()
ROWS: Any = [{"id": "1"}]


@pytest.fixture
def setup() -> Setup:
    return Setup()


def raising(error: BaseException) -> Any:
    def method(self: Any, reader: Any) -> Any:
        raise error

    return method


def extend(hooks: Hooks) -> Any:
    return hooks.extend_payload(READER, "task", ROWS)["1"]


def test_plugins_are_asked_in_the_order_of_their_start(setup: Setup) -> None:
    seen: list[str | None] = []
    for plugin_id in ("zeta", "alpha", "mid"):
        setup.plugin(plugin_id, check_permission=lambda self: seen.append(CURRENT_PLUGIN.get()))
    setup.hooks.check_permission(READER, "x", None)
    assert seen == ["zeta", "alpha", "mid"]
    assert [each.plugin_id for each in setup.hooks.implementations("check_permission")] == seen
    assert CURRENT_PLUGIN.get() is None


@pytest.mark.parametrize("option", ["tryfirst", "trylast", "wrapper", "hookwrapper"])
def test_nobody_may_push_to_the_front(setup: Setup, option: str) -> None:
    def check_permission(self: Any) -> Any:
        yield

    marked = hookimpl(**{option: True})(check_permission)
    with pytest.raises(PluginFault, match="the order is that of starts"):
        setup.hooks.register("pushy", type("P", (Plugin,), {"check_permission": marked})())


def test_a_hook_that_is_none_is_met_with_the_nearest_one(setup: Setup) -> None:
    with pytest.raises(PluginFault, match="check_permision is no hook; did you mean check_permission"):
        setup.plugin("p", check_permision=lambda self: None)


def test_an_argument_that_is_none_is_met_with_those_there_are(setup: Setup) -> None:
    with pytest.raises(PluginFault, match=r"takes colour, .* it passes reader, permission, container_id"):
        setup.plugin("p", check_permission=lambda self, colour: None)


def test_a_refusal_refuses_in_its_own_words(setup: Setup) -> None:
    setup.plugin("p", check_permission=raising(Forbidden("not on Sundays")))
    with pytest.raises(Forbidden, match="not on Sundays"):
        setup.hooks.check_permission(READER, "x", None)


@pytest.mark.parametrize("error", [ValueError("oops"), SystemExit(3), RecursionError()])
def test_a_check_that_breaks_refuses_and_has_no_breaker(setup: Setup, error: BaseException) -> None:
    setup.plugin("p", check_permission=raising(error))
    for _ in range(2 * FAILURES):
        with pytest.raises(PluginFailed) as refused:
            setup.hooks.check_permission(READER, "x", None)
        assert refused.value.status == 503 and refused.value.details == {"plugin": "p"}
    assert setup.guard.troubles("p") == []


def test_the_first_principal_counts_and_nobody_is_asked_after_it(setup: Setup) -> None:
    anna = Principal("user", user_id="1")
    setup.plugin("none", pick_principal=lambda self: None)
    setup.plugin("yes", pick_principal=lambda self: anna)
    setup.plugin("late", pick_principal=raising(ValueError()))
    assert setup.hooks.pick_principal(READER, "token") is anna


@pytest.mark.parametrize(("error", "met"), [(Unauthorized("ended"), Unauthorized), (OSError(), PluginFailed)])
def test_who_cannot_sign_somebody_in_refuses(setup: Setup, error: Exception, met: type[Exception]) -> None:
    setup.plugin("p", pick_principal=raising(error))
    with pytest.raises(met):
        setup.hooks.pick_principal(READER, "token")


@pytest.mark.parametrize("answer", [{"user_id": "1"}, "ann", Principal.system()])
def test_what_is_nobody_signs_nobody_in(setup: Setup, answer: Any) -> None:
    setup.plugin("p", pick_principal=lambda self: answer)
    with pytest.raises(PluginFailed):
        setup.hooks.pick_principal(READER, "token")


def test_an_erasure_that_breaks_stops_it_all(setup: Setup) -> None:
    setup.plugin("p", erase_user_data=lambda self: 1 / 0)
    with pytest.raises(PluginFailed):
        setup.hooks.erase_user_data(READER, "1")


def test_an_addition_that_breaks_is_left_out(setup: Setup, caplog: pytest.LogCaptureFixture) -> None:
    setup.plugin("bad", extend_payload=raising(ValueError("oops")))
    setup.plugin("good", extend_payload=lambda self: {"1": {"well": True}, "other": {}})
    assert extend(setup.hooks) == {"good": {"well": True}}
    assert "hook extend_payload of plugin bad failed" in caplog.text


def test_a_collection_that_breaks_is_left_out(setup: Setup) -> None:
    setup.plugin("bad", collect_user_data=raising(ValueError()))
    setup.plugin("good", collect_user_data=lambda self: {"notes": []})
    assert setup.hooks.collect_user_data(READER, "1") == {"good": {"notes": []}}


def test_repeated_failures_make_a_plugin_degraded_until_a_call_goes_well(setup: Setup) -> None:
    answers: list[Any] = [ValueError("oops")] * FAILURES

    def extend_payload(self: Any) -> Any:
        if answers:
            raise answers.pop()
        return {"1": {"well": True}}

    setup.plugin("p", extend_payload=extend_payload)
    for _ in range(FAILURES):
        assert extend(setup.hooks) == {}
    [trouble] = setup.guard.troubles("p")
    assert "extend_payload is left alone" in trouble and "ValueError: oops" in trouble
    assert extend(setup.hooks) == {}, "it is not even asked"
    assert setup.guard.timings["p", "extend_payload"].calls == FAILURES
    setup.clock.advance(PAUSE.total_seconds())
    assert extend(setup.hooks) == {"p": {"well": True}}
    assert setup.guard.troubles("p") == []


def test_a_slow_addition_counts_as_a_failure_and_is_shown_all_the_same() -> None:
    setup = Setup(slow_hook_ms=50).plugin("p", extend_payload=lambda self: {"1": {}})
    setup.watch.cost = 0.06
    for _ in range(FAILURES):
        setup.hooks.extend_payload(READER, "task", ROWS)
    [trouble] = setup.guard.troubles("p")
    assert "took 60 ms, more than plugins.slow_hook_ms allows" in trouble
    setup.watch.cost = 0.04
    setup.clock.advance(PAUSE.total_seconds())
    setup.hooks.extend_payload(READER, "task", ROWS)
    assert setup.guard.troubles("p") == []


def test_calls_are_counted_and_timed(setup: Setup) -> None:
    setup.plugin("p", check_permission=lambda self: None)
    setup.watch.cost = 0.01
    for _ in range(20):
        setup.hooks.check_permission(READER, "x", None)
    timing = setup.guard.timings["p", "check_permission"]
    assert (timing.calls, timing.failures) == (20, 0)
    assert timing.p95_ms == pytest.approx(10, rel=0.2)


def test_a_refusal_is_no_failure(setup: Setup) -> None:
    setup.plugin("p", check_permission=raising(Forbidden()))
    with pytest.raises(Forbidden):
        setup.hooks.check_permission(READER, "x", None)
    assert setup.guard.timings["p", "check_permission"].failures == 0


def test_who_is_off_is_not_asked(setup: Setup) -> None:
    setup.plugin("p", check_permission=raising(ValueError()), extend_payload=lambda self: {"1": {}})
    setup.off.add(("p", None))
    setup.hooks.check_permission(READER, "x", None)
    assert extend(setup.hooks) == {}


def test_who_is_off_in_a_workspace_is_asked_in_others(setup: Setup) -> None:
    seen: list[Any] = []
    setup.plugin("p", check_permission=lambda self, permission: seen.append(permission))
    setup.off.add(("p", "w"))
    setup.hooks.check_permission(READER, "here", None)
    setup.hooks.check_permission(FakeReader("other"), "there", None)  # type: ignore[arg-type]
    assert seen == ["there"]


def test_each_call_is_logged_where_the_setting_says_so(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "pronaflow.hooks")
    setup = Setup(trace_hooks=True).plugin("p", extend_payload=raising(ValueError("oops")))
    setup.watch.cost = 0.0125
    extend(setup.hooks)
    assert "extend_payload of p: 12.50 ms, ValueError: oops" in caplog.text


def test_without_it_nothing_is(setup: Setup, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "pronaflow.hooks")
    setup.plugin("p", check_permission=lambda self: None)
    setup.hooks.check_permission(READER, "x", None)
    assert not [record for record in caplog.records if record.name == "pronaflow.hooks"]


def test_a_plugin_asks_hooks_of_its_own(setup: Setup) -> None:
    class Specs:
        @hookspec
        def collect_colours(self, shade: str) -> dict[str, str]:
            """Colours of a shade."""
            return {}

    setup.hooks.publish("palette", Specs)
    setup.plugin("sky", collect_colours=lambda self, shade: {"sky": f"{shade} blue"})
    setup.plugin("night", collect_colours=lambda self: None)
    assert setup.hooks.ask("collect_colours", shade="light") == [("sky", {"sky": "light blue"})]


def test_hooks_of_a_plugin_that_is_not_there_rest(setup: Setup) -> None:
    plugin = type("P", (Plugin,), {"collect_colours": hookimpl(lambda self: {})})()
    setup.hooks.register("sky", plugin, missing=["collect_colours"])
    assert setup.hooks.implemented("sky") == []


def _yielding(self: Any, uow: Any) -> Any:
    yield "no"


async def _async(self: Any, uow: Any) -> None:
    raise Forbidden("no")


@pytest.mark.parametrize(("method", "words"), [(_yielding, "is a generator"), (_async, "is `async`")])
def test_an_objection_that_would_never_be_made_is_refused(setup: Setup, method: Any, words: str) -> None:
    with pytest.raises(PluginFault, match=f"check_change {words}"):
        setup.plugin("late", check_change=method)


def test_of_several_workspaces_only_those_where_it_is_on_are_added_to(setup: Setup) -> None:
    setup.plugin("adder", extend_payload=lambda self, rows: {row["id"]: {"added": True} for row in rows})
    setup.off.add(("adder", "w1"))
    nowhere: Any = FakeReader(None)
    tasks: Any = [{"id": "t1", "workspace_id": "w1"}, {"id": "t2", "workspace_id": "w2"}]
    workspaces: Any = [{"id": "w1"}, {"id": "w2"}]
    added = {"adder": {"added": True}}
    assert setup.hooks.extend_payload(nowhere, "task", tasks) == {"t1": {}, "t2": added}
    assert setup.hooks.extend_payload(nowhere, "workspace", workspaces) == {"w1": {}, "w2": added}
