"""The edge: who may read answers, what each tells browsers, HTTPS, and whom the proxies name as caller."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import select, update

from pronaflow_kernel.identity.models import Session, User
from pronaflow_kernel.ids import new_id
from pronaflow_kernel.persistence.scope import Scope
from pronaflow_kernel.settings import SettingsError, load
from pronaflow_kernel.testing import World
from pronaflow_kernel.testing.browser import Browser, find_chromium
from pronaflow_kernel.web.cors import EXPOSED_HEADERS
from pronaflow_kernel.web.forwarded import from_proxies
from pronaflow_kernel.web.headers import HSTS
from pronaflow_kernel.web.server import Server

APP = "https://app.example.org"
KEY = "Zt7-3pQv_9sLxW2mKd8Rb5Hn4Jc6Yf1G"
ME = "/api/v1/auth/me"
PRODUCTION = {"environment": "production", "secret_key": [KEY], "server.trusted_proxies": 1}
HTTPS = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.7"}


@pytest.fixture(scope="module")
def open_to_app(new_database: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A server whose answers pages of one other origin may read."""
    made = World(new_database(), tmp_path_factory.mktemp("data"), {"cors.origins": [APP]}, candidates=[])
    yield made
    made.close()


@pytest.fixture(scope="module")
def production(new_database: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A server in production behind one proxy."""
    made = World(new_database(), tmp_path_factory.mktemp("data"), PRODUCTION, candidates=[])
    yield made
    made.close()


class TestCors:
    def ask(self, world: World, origin: str, path: str = ME, method: str = "PATCH") -> Any:
        headers = {"Origin": origin, "Access-Control-Request-Method": method}
        return world.anonymous().request("OPTIONS", path, headers=headers)

    def test_a_named_origin_is_told_what_it_may_send(self, open_to_app: World) -> None:
        with open_to_app.statements() as statements:
            answer = self.ask(open_to_app, APP)
        assert answer.status == 204
        assert answer.headers["Access-Control-Allow-Origin"] == APP
        assert answer.headers["Access-Control-Allow-Methods"].startswith("GET, HEAD, PATCH")
        assert answer.headers["Access-Control-Allow-Headers"] == (
            "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, X-Request-Id, "
            "X-Workspace-Id"
        )
        assert int(answer.headers["Access-Control-Max-Age"]) > 0
        assert statements == [], "a preflight costs nothing of the database"

    def test_a_named_origin_may_read_what_it_gets_and_the_headers_that_it_needs(
        self, open_to_app: World
    ) -> None:
        for path, status in ((ME, 401), ("/api/v1/nothing", 404), ("/health", 200), ("/openapi.json", 200)):
            answer = open_to_app.anonymous().request("GET", path, headers={"Origin": APP})
            assert answer.status == status
            assert answer.headers["Access-Control-Allow-Origin"] == APP
            assert answer.headers["Access-Control-Expose-Headers"] == EXPOSED_HEADERS

    @pytest.mark.parametrize(
        "origin",
        [
            "null",
            "*",
            "https://evil.example.org",
            "https://app.example.org.evil.example",
            "https://app.example.org:444",
            "http://app.example.org",
            "https://sub.app.example.org",
            "https://APP.example.org",
            "https://app.example.org/",
            "https://evilapp.example.org",
        ],
    )
    def test_any_other_origin_is_told_nothing(self, open_to_app: World, origin: str) -> None:
        real = open_to_app.anonymous().request("GET", ME, headers={"Origin": origin})
        for answer in (self.ask(open_to_app, origin), real):
            assert not [name for name, _ in answer.headers if name.startswith("Access-Control-")]

    def test_credentials_are_never_allowed(self, open_to_app: World) -> None:
        real = open_to_app.anonymous().request("GET", ME, headers={"Origin": APP})
        for answer in (self.ask(open_to_app, APP), real):
            assert "Access-Control-Allow-Credentials" not in answer.headers

    @pytest.mark.parametrize("origin", [None, APP, "https://evil.example.org"])
    def test_caches_hear_that_the_answer_depends_on_who_asked(
        self, open_to_app: World, origin: str | None
    ) -> None:
        answer = open_to_app.anonymous().request("GET", ME, headers={"Origin": origin} if origin else {})
        assert "Origin" in answer.headers["Vary"]

    def test_where_nobody_is_named_nothing_is_said(self, world: World) -> None:
        answer = self.ask(world, APP)
        assert answer.status == 204
        assert not [name for name, _ in answer.headers if name.startswith("Access-Control-")]

    def test_an_address_that_is_not_there_allows_no_method(self, open_to_app: World) -> None:
        assert self.ask(open_to_app, APP, "/api/v1/nothing").headers["Access-Control-Allow-Methods"] == ""

    @pytest.mark.parametrize(
        "value",
        [
            "*",
            "null",
            "app.example.org",
            "https://app.example.org/",
            "https://app.example.org/page",
            "https://*.example.org",
            "https://App.example.org",
            "https://user@app.example.org",
            "https://app.example.org:443",
            "http://app.example.org:80",
            "https://app.example.org:0",
            "ftp://app.example.org",
            "https://",
            "https://äpp.example.org",
            "https://app.example.org https://b.example.org",
            "",
        ],
    )
    def test_a_setting_that_is_no_origin_is_refused_with_words(self, value: str) -> None:
        with pytest.raises(SettingsError, match=r"cors\.origins"):
            load(env={}, overrides={"cors.origins": [value]})

    @pytest.mark.parametrize(
        "value",
        [APP, "http://localhost:5173", "https://[2001:db8::1]:8443", "https://xn--pp-uia.example.org"],
    )
    def test_origins_as_browsers_send_them_are_taken(self, value: str) -> None:
        assert load(env={}, overrides={"cors.origins": [value]}).cors.origins == (value,)


class TestSecurityHeaders:
    def answers(self, world: World) -> dict[int, Any]:
        ann, headers = world.person("ann"), {"Content-Type": "application/json"}
        return {
            200: ann.get(ME),
            304: ann.request("GET", "/docs", headers={"If-None-Match": ann.get("/docs").headers["ETag"]}),
            400: ann.request("PATCH", ME, data=b"{", headers=headers),
            401: world.anonymous().get(ME),
            404: ann.get("/api/v1/nothing"),
            405: ann.put("/health", {}),
            413: ann.request("PATCH", ME, data=b" " * 1_048_577, headers=headers),
            415: ann.request("PATCH", ME, data=b"a=b", headers={"Content-Type": "text/plain"}),
            422: ann.patch(ME, {"nothing": 1}),
            431: ann.request("GET", ME, headers={"X-Long": "x" * 16_384}),
        }

    def test_every_answer_of_the_api_forbids_what_browsers_might_do_with_it(self, world: World) -> None:
        for status, answer in self.answers(world).items():
            assert answer.status == status
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["Referrer-Policy"] == "no-referrer"
            assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
            assert answer.headers["X-Request-Id"]
            if status != 304:
                assert answer.headers["Cache-Control"] == "no-store"
                assert (
                    answer.headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
                )
            assert not {"Server", "X-Powered-By", "Strict-Transport-Security"} & set(answer.headers.keys())

    def test_an_unexpected_error_has_them_too(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(type(world.kernel), "states", lambda *_: 1 / 0)
        answer = world.anonymous().get("/health")
        assert answer.status == 500
        assert answer.headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
        assert answer.headers["Cache-Control"] == "no-store"

    def test_in_production_browsers_are_told_to_stay_with_https(self, production: World) -> None:
        answer = production.anonymous().request("GET", ME, headers=HTTPS)
        assert answer.status == 401
        assert answer.headers["Strict-Transport-Security"] == HSTS == "max-age=31536000"

    def test_over_plain_http_they_are_not(self, production: World) -> None:
        assert "Strict-Transport-Security" not in production.anonymous().get("/health").headers


class TestHttps:
    def test_a_plain_request_is_refused_and_not_led_on(self, production: World) -> None:
        ann = production.person("ann")
        with production.statements() as statements:
            answer = ann.get(ME)
        assert (answer.status, answer.error["code"]) == (403, "HTTPS_REQUIRED")
        assert "https://" in answer.error["message"]
        assert "Location" not in answer.headers
        assert statements == [], "nobody is asked who it was"

    @pytest.mark.parametrize(
        "path", ["/", "/docs", "/openapi.json", "/static/docs.js", "/api/v1/nothing", "/healthy"]
    )
    def test_nothing_else_is_given_away_either(self, production: World, path: str) -> None:
        assert production.anonymous().get(path).status == 403

    @pytest.mark.parametrize("path", ["/health", "/health/live", "/health/ready"])
    def test_supervisors_ask_over_plain_http(self, production: World, path: str) -> None:
        assert production.anonymous().get(path).status == 200

    def test_a_request_over_https_is_served(self, production: World) -> None:
        ann = production.person("ann")
        assert ann.request("GET", ME, headers=HTTPS).status == 200

    @pytest.mark.parametrize("proto", ["http", "", "ftp", "https, http", "https;", "httpsx"])
    def test_what_the_proxy_says_must_be_https(self, production: World, proto: str) -> None:
        answer = production.anonymous().request("GET", ME, headers={"X-Forwarded-Proto": proto})
        assert answer.status == 403

    def test_outside_production_plain_http_is_served(self, ann: Any) -> None:
        assert ann.get(ME).status == 200

    def test_without_a_trusted_proxy_nobody_can_claim_https(self, new_world: Any) -> None:
        world = new_world({**PRODUCTION, "server.trusted_proxies": 0}, candidates=[])
        assert world.anonymous().request("GET", ME, headers=HTTPS).status == 403

    def test_the_session_notes_the_address_that_the_proxy_saw(self, production: World) -> None:
        body = {"email": "eve@example.com", "username": "eve", "password": "Correct-horse-9-battery"}
        eve = production.anonymous()
        eve.request("POST", "/api/v1/auth/register", body, headers=HTTPS)
        with production.kernel.db.write(Scope.system()) as uow:
            uow.execute(
                update(User).where(User.username == "eve").values(status="active", email_verified_at=uow.now)
            )
        forged = {**HTTPS, "X-Forwarded-For": "198.51.100.66, 203.0.113.7"}
        login = eve.request(
            "POST",
            "/api/v1/auth/login",
            {"email": body["email"], "password": body["password"]},
            headers=forged,
        )
        assert login.status == 200
        assert addresses(production)[-1] == "203.0.113.7"


def addresses(world: World) -> list[str]:
    with world.kernel.db.read(Scope.system()) as reader:
        return [row["ip"] for row in reader.all(select(Session.__table__).order_by(Session.id))]


def seen(hops: int, forwarded_for: str | None = None, proto: str | None = None) -> tuple[str, str]:
    """The client's address and scheme as the application sees them."""
    found: list[tuple[str, str]] = []

    def application(environ: dict[str, Any], _start: Any) -> list[bytes]:
        found.append((environ["REMOTE_ADDR"], environ["wsgi.url_scheme"]))
        return []

    environ = {"REMOTE_ADDR": "10.0.0.1", "wsgi.url_scheme": "http"}
    if forwarded_for is not None:
        environ["HTTP_X_FORWARDED_FOR"] = forwarded_for
    if proto is not None:
        environ["HTTP_X_FORWARDED_PROTO"] = proto
    from_proxies(application, hops)(environ, None)  # type: ignore[arg-type]
    return found[0]


class TestTrustedProxies:
    @pytest.mark.parametrize(
        ("hops", "forwarded_for", "expected"),
        [
            (0, "203.0.113.7", "10.0.0.1"),
            (1, "203.0.113.7", "203.0.113.7"),
            (1, "6.6.6.6, 203.0.113.7", "203.0.113.7"),
            (2, "6.6.6.6, 203.0.113.7, 192.0.2.1", "203.0.113.7"),
            (2, "203.0.113.7", "10.0.0.1"),
            (1, None, "10.0.0.1"),
            (1, "", "10.0.0.1"),
            (1, "unknown", "10.0.0.1"),
            (1, "203.0.113.7:4711", "203.0.113.7"),
            (1, "[2001:DB8::1]:4711", "2001:db8::1"),
            (1, "2001:0db8:0::1", "2001:db8::1"),
            (1, "6.6.6.6, ", "10.0.0.1"),
            (1, "999.1.1.1", "10.0.0.1"),
        ],
    )
    def test_the_address_is_the_one_that_the_outermost_trusted_proxy_saw(
        self, hops: int, forwarded_for: str | None, expected: str
    ) -> None:
        assert seen(hops, forwarded_for)[0] == expected

    @pytest.mark.parametrize(
        ("hops", "proto", "expected"),
        [
            (0, "https", "http"),
            (1, "https", "https"),
            (1, "HTTPS", "https"),
            (1, "https, http", "http"),
            (1, "http, https", "https"),
            (2, "https, http", "https"),
            (2, "https", "https"),
            (3, "https, https", "http"),
            (1, "gopher", "http"),
        ],
    )
    def test_the_scheme_too(self, hops: int, proto: str, expected: str) -> None:
        assert seen(hops, proto=proto)[1] == expected

    def test_no_answer_depends_on_the_host_that_a_caller_names(self, production: World) -> None:
        headers = {**HTTPS, "Host": "evil.example", "X-Forwarded-Host": "evil.example"}
        for path in ("/api//v1/auth/me", "//docs", "/docs/", "/health", "/openapi.json", "/setup"):
            answer = production.anonymous().request("GET", path, headers=headers)
            assert b"evil.example" not in answer.body
            assert "evil.example" not in str(answer.headers)


class TestWithoutDocuments:
    @pytest.fixture
    def quiet(self, new_world: Any) -> World:
        return new_world({"server.docs": False}, candidates=[])

    @pytest.mark.parametrize("path", ["/docs", "/redoc", "/openapi.json"])
    def test_the_api_is_not_described(self, quiet: World, path: str) -> None:
        assert quiet.anonymous().get(path).error["code"] == "NOT_FOUND"

    def test_the_page_for_the_first_administrator_stays(self, quiet: World) -> None:
        assert quiet.anonymous().get("/setup").status == 200

    def test_a_page_is_served_under_its_address_only(self, world: World) -> None:
        assert world.anonymous().get("/static/docs.html").status == 404


@pytest.mark.skipif(find_chromium() is None, reason="no Chromium on this machine")
def test_a_browser_lets_a_named_origin_read_and_no_other(new_world: Any) -> None:
    """`Cross-Origin-Resource-Policy: same-origin` does not hinder what CORS allows, and only that."""
    with running(page) as named, running(page) as other:
        world = new_world({"cors.origins": [named]}, candidates=[])
        person = world.person()
        with running(world.app) as api:
            ask = f"""fetch("{api}{ME}", {{headers: {{
                "Authorization": "Bearer {person.token}", "X-Request-Id": "{new_id()}"}}}})
                .then(async (answer) => [answer.status, answer.headers.has("X-Request-Id"),
                                         (await answer.json()).data.username])
                .catch((error) => [error.name])"""
            told = {}
            for origin in (named, other):
                with Browser() as browser:
                    browser.open(f"{origin}/")
                    browser.wait_for("document.title === 'page'")
                    told[origin] = browser.run(ask)
    assert told == {named: [200, True, person.username], other: ["TypeError"]}


def page(_environ: Any, start_response: Any) -> list[bytes]:
    start_response("200 OK", [("Content-Type", "text/html"), ("Content-Length", "19")])
    return [b"<title>page</title>"]


@contextmanager
def running(app: Any) -> Iterator[str]:
    """The origin under which an application is served."""
    server = Server(app, "127.0.0.1", 0, threads=2)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield server.url
    finally:
        server.stop()
        thread.join(60)
