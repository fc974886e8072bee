"""One bucket a request: whoever is signed in has one of their own, everybody else that of their address."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import pytest

from pronaflow_kernel.testing import Person, Reply, World
from pronaflow_kernel.web.admission import source

NOTES = "/api/v1/notes"
LOGIN = "/api/v1/auth/login"
WRONG = {"Authorization": "Bearer wrong"}

Ask = Callable[[Person], Reply]


def statuses(person: Person, times: int, ask: Ask = lambda person: person.get(NOTES)) -> list[int]:
    return [ask(person).status for _ in range(times)]


def remaining(reply: Reply) -> int:
    return int(reply.headers["X-RateLimit-Remaining"])


def test_the_101st_request_of_a_user_is_refused_and_that_of_nobody_else(counting: World, home: Any) -> None:
    ann, bob, nobody = home(counting.person(), counting.person(), counting.anonymous())
    assert statuses(ann, 101) == [200] * 100 + [429]
    assert remaining(bob.get(NOTES)) == 99
    assert statuses(nobody, 31) == [401] * 30 + [429]
    assert remaining(bob.get(NOTES)) == 98


def test_a_refusal_says_what_the_limit_is_and_when_to_come_back(counting: World) -> None:
    ann = counting.person()
    statuses(ann, 100)
    refused = ann.get(NOTES)
    assert refused.json == {
        "success": False,
        "error": {
            "code": "RATE_LIMITED",
            "message": "At most 100 requests a minute: try again in 61 seconds",
            "details": {"limit": 100, "tier": "default", "retry_after": 61},
        },
        "timestamp": "2026-03-02T09:00:00Z",
    }
    assert refused.headers["Retry-After"] == "61"
    counting.clock.advance(61)
    assert ann.get(NOTES).status == 200
    counting.clock.advance(-61)


def test_sessions_of_one_user_share_a_bucket(counting: World) -> None:
    ann = counting.person()
    elsewhere = Person(counting.app.test_client(), counting.token(ann.id), ann.id)
    assert (remaining(ann.get(NOTES)), remaining(elsewhere.get(NOTES))) == (99, 98)


STRAYS: dict[str, tuple[Ask, int]] = {
    "no credential": (lambda one: one.get(NOTES), 401),
    "a wrong token": (lambda one: one.request("GET", NOTES, headers=WRONG), 401),
    "no token at all": (lambda one: one.request("GET", NOTES, headers={"Authorization": "Basic x"}), 401),
    "an address where nothing is": (lambda one: one.get("/nothing"), 404),
    "a wrong token there": (lambda one: one.request("GET", "/nothing", headers=WRONG), 404),
    "a method that is not there": (lambda one: one.put(NOTES, {}), 405),
    "an address that is too long": (lambda one: one.get("/" + 9000 * "x"), 400),
    "too many parameters": (lambda one: one.request("GET", f"{NOTES}?{101 * 'a=1&'}"), 400),
    "a public route": (lambda one: one.get("/gate/open"), 200),
    "a public route that fails": (lambda one: one.get("/gate/fall"), 500),
    "the documents": (lambda one: one.get("/openapi.json"), 200),
    "a page": (lambda one: one.get("/docs"), 200),
    "input that fails": (lambda one: one.post(LOGIN, {"email": 1}), 422),
    "a body that is too large": (lambda one: one.request("POST", LOGIN, data=b" " * 2**21), 413),
}


@pytest.mark.parametrize(("ask", "status"), STRAYS.values(), ids=STRAYS)
def test_whatever_ends_without_a_principal_stops_at_31(stranger: Person, ask: Ask, status: int) -> None:
    assert statuses(stranger, 31, ask) == [status] * 30 + [429]


def test_headers_that_are_too_long_count_too(stranger: Person) -> None:
    assert stranger.request("GET", NOTES, headers={"X-Long": "x" * 20_000}).status == 431
    assert remaining(stranger.get(NOTES)) == 28


def test_a_refused_sign_in_is_not_even_looked_at(counting: World, stranger: Person) -> None:
    statuses(stranger, 30)
    with counting.statements() as statements:
        assert stranger.post(LOGIN, {"email": "ann@example.com", "password": "Correct-Horse-7"}).status == 429
    assert statements == []


MISSES: dict[str, tuple[Ask, int]] = {
    "an address where nothing is": (lambda one: one.get("/nothing"), 404),
    "a method that is not there": (lambda one: one.put(NOTES, {}), 405),
    "an address that is too long": (lambda one: one.get("/" + 9000 * "x"), 400),
}


@pytest.mark.parametrize(("ask", "status"), MISSES.values(), ids=MISSES)
def test_who_is_signed_in_is_counted_as_such_where_nothing_is(
    counting: World, home: Any, ask: Ask, status: int
) -> None:
    ann = home(counting.person())
    missed = ask(ann)
    assert (missed.status, missed.headers["X-RateLimit-Tier"], remaining(missed)) == (status, "default", 99)
    assert remaining(ann.get(NOTES)) == 98
    assert statuses(ann, 99, ask) == [status] * 98 + [429]


def test_and_where_a_plugin_is_off(counting: World) -> None:
    ann = counting.person()
    counting.kernel.switches.set("notes", enabled=False)
    off = ann.get(NOTES)
    counting.kernel.switches.set("notes", enabled=True)
    assert (off.error["code"], remaining(off)) == ("PLUGIN_DISABLED", 99)


FREE = ["/health", "/health/live", "/health/ready", "/static/setup.js", "/static/nothing.js"]


@pytest.mark.parametrize("path", FREE)
def test_health_checks_and_static_files_are_not_counted(stranger: Person, path: str) -> None:
    assert remaining(stranger.get(NOTES)) == 29
    assert {remaining(stranger.get(path)) for _ in range(40)} == {29}
    statuses(stranger, 30)
    free = stranger.get(path)
    assert free.status != HTTPStatus.TOO_MANY_REQUESTS
    assert remaining(free) == 0


def test_what_a_browser_asks_before_it_sends_is_not_counted(stranger: Person) -> None:
    asked = {"Origin": "https://app.example.org", "Access-Control-Request-Method": "GET"}
    preflight = stranger.request("OPTIONS", NOTES, headers=asked)
    assert (preflight.status, remaining(preflight)) == (204, 30)


def test_who_asks_for_methods_and_is_no_browser_is_counted(counting: World, stranger: Person) -> None:
    def ask(person: Person) -> Reply:
        return person.request("OPTIONS", NOTES)

    assert statuses(stranger, 31, ask) == [200] * 30 + [429]
    assert remaining(ask(counting.person())) == 99


def test_a_network_of_ipv6_is_one_caller(counting: World) -> None:
    caller, found = counting.anonymous(), []
    for address in ("2001:db8:1:2::1", "2001:db8:1:2:ffff::1", "2001:db8:1:3::1"):
        caller.client.environ_base["REMOTE_ADDR"] = address
        found.append(remaining(caller.get(NOTES)))
    assert found == [29, 28, 29]


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        (None, "unknown"),
        ("", "unknown"),
        ("localhost", "unknown"),
        ("192.0.2.1:80", "unknown"),
    ],
)
def test_whom_an_address_stands_for(address: str | None, found: str) -> None:
    assert source(address) == found


def test_the_limits_are_settings(counting_with: Callable[..., World]) -> None:
    world = counting_with(**{"rate_limit.user_per_minute": 3, "rate_limit.anonymous_per_minute": 2})
    assert statuses(world.person(), 4) == [200, 200, 200, 429]
    assert statuses(world.anonymous(), 3) == [401, 401, 429]


def test_where_limits_are_off_everybody_has_all_of_them(world: World) -> None:
    ann = world.person()
    assert statuses(ann, 120) == [200] * 120
    shown = ann.get(NOTES).headers
    assert (shown["X-RateLimit-Limit"], shown["X-RateLimit-Remaining"]) == ("100", "100")
    assert shown["X-RateLimit-Policy"] == "off"


class TestTiers:
    """What a plugin makes of the tokens that it lets in (first seed, "Module 12 Integration API")."""

    @pytest.fixture
    def holder(self, counting: World, home: Any) -> Callable[[str], Person]:
        """Makes somebody with a token of the plugin."""

        def make(token: str) -> Person:
            found: Person = home(Person(counting.app.test_client(), token))
            return found

        return make

    @pytest.mark.parametrize(("tier", "limit"), [("free", 60), ("pro", 1000), ("enterprise", 5000)])
    def test_each_has_its_limit(self, holder: Any, tier: str, limit: int) -> None:
        shown = holder(f"key-{tier}-{tier}-1").get("/nothing").headers
        assert (shown["X-RateLimit-Tier"], shown["X-RateLimit-Limit"]) == (tier, str(limit))
        assert shown["X-RateLimit-Remaining"] == str(limit - 1)

    def test_it_belongs_to_the_workspace_of_a_token(self, holder: Any) -> None:
        one, two, other = (holder(f"key-free-{at}") for at in ("w1-1", "w1-2", "w2-1"))
        assert statuses(one, 60, lambda person: person.get("/nothing")) == [404] * 60
        assert two.get("/nothing").status == 429
        assert remaining(other.get("/nothing")) == 59

    def test_a_better_plan_counts_at_once(self, holder: Any) -> None:
        statuses(holder("key-free-w3-1"), 60, lambda person: person.get("/nothing"))
        assert remaining(holder("key-pro-w3-1").get("/nothing")) == 939

    def test_a_plugin_that_fails_leaves_the_users_limit(
        self, holder: Any, caplog: pytest.LogCaptureFixture
    ) -> None:
        shown = holder("key-gold-w4-1").get("/nothing").headers
        assert (shown["X-RateLimit-Tier"], shown["X-RateLimit-Limit"]) == ("default", "100")
        assert "hook pick_rate_limit of plugin gate failed" in caplog.text

    def test_who_cannot_be_signed_in_counts_on_the_address(self, holder: Any) -> None:
        caller = holder("key-too-few")
        assert caller.get(NOTES).error["code"] == "PLUGIN_FAILED"
        assert remaining(caller.get("/health")) == 29
