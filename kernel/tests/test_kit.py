"""The test kit that plugin authors get: each fixture, on the smallest plugin."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import pytest

from pronaflow_kernel.api import EgressFailed, Mail, Scope
from pronaflow_kernel.attribution import CURRENT_PLUGIN
from pronaflow_kernel.kernel import Kernel
from pronaflow_kernel.plugins.services import ServiceMissing
from pronaflow_kernel.testing import Double, Emitted, Person, WebhookSink, World
from pronaflow_kernel.testing.world import START
from pronaflow_kernel.testing.zoo import NEIGHBOUR, dependant

NOTES = "/api/v1/notes"


class TestPeople:
    """Who calls, and where."""

    def test_a_user_is_signed_in_and_owns_a_fresh_workspace(
        self, user: Person, client: Person, ann: Person, workspace: Any
    ) -> None:
        assert client is user is ann
        assert (workspace["id"], workspace["owner_id"]) == (user.workspace_id, user.id)
        assert client.get(NOTES, workspace_id=workspace["id"]).data == []

    def test_another_test_has_another_workspace(self, world: World, workspace: Any) -> None:
        assert workspace["name"] != world.workspace(world.person("ann").workspace_id)["name"]


class TestEmitted:
    """What was published."""

    def test_payloads_come_in_order_since_the_test_began(self, client: Person, emitted: Emitted) -> None:
        for title in ("One", "Two"):
            client.post(NOTES, {"title": title})
        assert [payload["title"] for payload in emitted("note.created")] == ["One", "Two"]
        assert emitted("note.updated") == []

    def test_a_block_holds_what_happened_inside(self, client: Person, emitted: Emitted) -> None:
        client.post(NOTES, {"title": "before"})
        with emitted.during() as meanwhile:
            client.post(NOTES, {"title": "inside"})
        client.post(NOTES, {"title": "after"})
        assert [payload["title"] for payload in meanwhile("note.created")] == ["inside"]

    def test_a_workspace_can_be_looked_at_alone(self, client: Person, bob: Person, emitted: Emitted) -> None:
        client.post(NOTES, {"title": "mine"})
        bob.post(NOTES, {"title": "theirs"})
        assert len(emitted("note.created")) == 2
        [payload] = emitted("note.created", bob.workspace_id)
        assert payload["title"] == "theirs"

    def test_a_misspelt_event_is_no_event_that_did_not_happen(self, emitted: Emitted) -> None:
        with pytest.raises(ValueError, match=r"nothing publishes 'note\.craeted'; there are .*note\.created"):
            emitted("note.craeted")


class TestTime:
    """Nothing waits."""

    @pytest.mark.parametrize("turn", [1, 2])
    def test_the_clock_stands_until_it_is_moved(self, clock: Any, client: Person, turn: int) -> None:
        assert clock.now() == START
        clock.advance(90)
        assert client.post(NOTES, {"title": "x"}).data["created_at"] == "2026-03-02T09:01:30Z"

    def test_what_waits_is_delivered_when_told(
        self, kernel: Kernel, drain: Callable[[], None], mailbox: Callable[[str], list[Mail]]
    ) -> None:
        done: list[str] = []
        with kernel.db.write(Scope.system()) as uow:
            uow.after_commit(lambda: done.append("delivered"))
        assert done == []
        drain()
        assert done == ["delivered"]

    def test_a_mailbox_holds_the_mails_to_an_address(
        self, kernel: Kernel, user: Person, mailbox: Callable[[str], list[Mail]]
    ) -> None:
        with kernel.db.write(Scope.system()) as uow:
            kernel.mail.send(uow, Mail(user.email, "Hello", "text"))
        assert [mail.subject for mail in mailbox(user.email)] == ["Hello"]
        assert mailbox("nobody@example.com") == []


class TestWebhookSink:
    """Requests that plugins send out."""

    def test_it_keeps_what_it_is_sent(self, kernel: Kernel, webhook_sink: WebhookSink) -> None:
        http = kernel.egress.for_plugin("sms", ["127.0.0.1"])
        reply = http.request("POST", f"{webhook_sink.url}/a?b=c", json={"n": 1}, headers={"X-Sign": "s"})
        assert (reply.status, reply.body) == (200, b"")
        [taken] = webhook_sink.requests
        assert (taken.method, taken.path, taken.json) == ("POST", "/hook/a?b=c", {"n": 1})
        assert taken.headers["x-sign"] == "s"

    def test_it_answers_as_it_is_told(self, kernel: Kernel, webhook_sink: WebhookSink) -> None:
        webhook_sink.answer(503, headers={"Retry-After": "5"})
        webhook_sink.answer(201, json={"id": "x"})
        replies = [kernel.egress.request("PUT", webhook_sink.url) for _ in range(3)]
        assert [reply.status for reply in replies] == [503, 201, 200]
        assert (replies[0].headers["retry-after"], replies[1].json()) == ("5", {"id": "x"})

    def test_it_stands_for_the_host_that_a_manifest_names(
        self, kernel: Kernel, webhook_sink: WebhookSink
    ) -> None:
        webhook_sink.stands_for("api.sms.example")
        http = kernel.egress.for_plugin("sms", ["api.sms.example"])
        assert http.request("POST", "https://api.sms.example/send").status == 200
        assert webhook_sink.requests[0].path == "/send"

    def test_afterwards_the_host_is_itself_again(self, kernel: Kernel) -> None:
        with WebhookSink(kernel.egress) as sink:
            sink.stands_for("sms.invalid")
            url = sink.url
        for gone in (url, "https://sms.invalid/"):
            with pytest.raises(EgressFailed):
                kernel.egress.request("GET", gone, timeout=2)


class Weather(Protocol):
    """A service that nobody publishes."""

    def forecast(self, place: str, *, days: int = 1) -> list[str]: ...

    def warn(self, place: str) -> None: ...


class TestServiceDouble:
    """What stands in for another plugin."""

    def test_it_answers_as_told_and_remembers(
        self, kernel: Kernel, service_double: Callable[..., Double]
    ) -> None:
        double = service_double(Weather, forecast=["rain"], warn=lambda place: None)
        weather = kernel.services.require(Weather)
        assert weather.forecast("Hanoi") == ["rain"]
        assert weather.warn(place="Hue") is None
        assert double.calls == [("forecast", {"place": "Hanoi", "days": 1}), ("warn", {"place": "Hue"})]
        assert double.called("warn") == [{"place": "Hue"}]

    def test_answers_are_values_functions_and_errors(
        self, kernel: Kernel, service_double: Callable[..., Double]
    ) -> None:
        double = service_double(Weather, forecast=lambda place, *, days=1: [place] * days)
        weather = kernel.services.require(Weather)
        assert weather.forecast("Hue", days=2) == ["Hue", "Hue"]
        double.answer(forecast=LookupError("no such place"))
        with pytest.raises(LookupError, match="no such place"):
            weather.forecast("Atlantis")

    def test_a_call_that_the_real_service_would_refuse_fails(
        self, kernel: Kernel, service_double: Callable[..., Double]
    ) -> None:
        service_double(Weather, forecast=[])
        weather: Any = kernel.services.require(Weather)
        for call in (
            lambda: weather.forecast(),
            lambda: weather.forecast("Hue", 3),
            lambda: weather.forecast(town="Hue"),
        ):
            with pytest.raises(TypeError):
                call()
        with pytest.raises(AssertionError, match=r"service_double\(Weather, warn=\.\.\.\)"):
            weather.warn("Hue")
        assert not hasattr(weather, "storm")

    @pytest.mark.parametrize(
        ("answers", "why"),
        [
            ({"storm": 1}, r"has no storm\(\)"),
            ({"forecast": lambda: ["sun"]}, r"forecast\(\) lacks place; forecast\(\) lacks days"),
            ({"warn": lambda town: None}, r"warn\(\) lacks place; warn\(\) demands town"),
        ],
    )
    def test_an_answer_that_does_not_fit_is_refused(
        self, service_double: Callable[..., Double], answers: dict[str, Any], why: str
    ) -> None:
        with pytest.raises(TypeError, match=why):
            service_double(Weather, **answers)

    def test_only_a_protocol_has_doubles(self, service_double: Callable[..., Double]) -> None:
        with pytest.raises(TypeError, match=r"no typing\.Protocol"):
            service_double(World)
        with pytest.raises(ValueError, match="no method storm"):
            service_double(Weather).called("storm")

    def test_the_real_one_comes_back(self, kernel: Kernel) -> None:
        class Real:
            """As a plugin has it; tells whose code it runs as."""

            def whose(self) -> str | None:
                return CURRENT_PLUGIN.get()

        class Whose(Protocol):
            """Its Protocol."""

            def whose(self) -> str | None: ...

        kernel.services.publish("notes", Whose, Real())
        with pytest.MonkeyPatch.context() as patch:
            Double(Whose, {"whose": "a double"}).publish(kernel.services, patch)
            assert kernel.services.require(Whose).whose() == "a double"
            kernel.switches.set("notes", enabled=False)
            assert kernel.services.get(Whose) is None
            kernel.switches.set("notes", enabled=True)
        assert kernel.services.require(Whose).whose() == "notes"

    def test_what_nobody_publishes_is_gone_afterwards(self, kernel: Kernel) -> None:
        with pytest.raises(ServiceMissing):
            kernel.services.require(Weather)


class TestNewWorld:
    """Which plugins run."""

    def test_a_plugin_runs_with_what_it_requires(self, new_world: Any, zoo: Any) -> None:
        installed = zoo(NEIGHBOUR, dependant(NEIGHBOUR), dependant(dependant(NEIGHBOUR)))
        world = new_world(candidates=installed, plugins=[f"on_{NEIGHBOUR.id}"])
        assert set(world.kernel.plugins) == {NEIGHBOUR.id, f"on_{NEIGHBOUR.id}"}
        assert {status.state for status in world.kernel.states()} == {"ready"}

    def test_a_plugin_that_is_not_there_is_named(self, new_world: Any, zoo: Any) -> None:
        with pytest.raises(LookupError, match=f"no plugin nonsense is installed; there are {NEIGHBOUR.id}"):
            new_world(candidates=zoo(NEIGHBOUR), plugins=["nonsense", NEIGHBOUR.id])

    def test_outgoing_requests_reach_the_loopback_unless_it_is_said_otherwise(
        self, new_world: Any, zoo: Any
    ) -> None:
        from pronaflow_kernel.api import BlockedAddress

        world = new_world(candidates=zoo(NEIGHBOUR), settings={"egress.allow": []})
        with pytest.raises(BlockedAddress):
            world.kernel.egress.request("GET", "http://127.0.0.1:9/")
