"""No secret leaves its place: canaries go through every route, rightly and wrongly, and are looked for after.

Looked at are the log at its most talkative, the ledger and every other table, and the bodies and headers of
all refusals. What is stored of a secret is a hash or a ciphertext, so no table holds one as it was sent.
Codes of six digits are left out: any number of the database may hold the same digits.
"""

from __future__ import annotations

import io
import itertools
import logging
import re
from typing import Any
from urllib.parse import quote

import pyotp
import pytest
from sqlalchemy import create_engine, inspect, text

from pronaflow_kernel.clock import FixedClock
from pronaflow_kernel.identity.admin import Admin
from pronaflow_kernel.ids import new_id
from pronaflow_kernel.logs import HumanFormatter, JsonFormatter
from pronaflow_kernel.persistence.scope import Scope
from pronaflow_kernel.persistence.uow import UnitOfWork
from pronaflow_kernel.tenancy.rule import unscoped
from pronaflow_kernel.testing import World
from pronaflow_kernel.testing.openid import CLIENT_ID, CLIENT_SECRET, OpenIdProvider
from pronaflow_kernel.testing.walk.bodies import filled
from pronaflow_kernel.testing.walk.document import operations
from pronaflow_kernel.testing.world import START

AUTH = "/api/v1/auth"
SECRET = re.compile(r"(^|_)(password|token|tokens|secret|code|codes)$")
"""Names of fields that hold a secret, in bodies and in answers."""

_MARK = re.compile(r"\d{6}zQ7canary")
SHAPES = ("prona_{}", "pr1.{}", "pd1.{}", "eyJhbGciOiJIUzI1NiJ9.eyJ{}.c2ln")
"""What tokens look like: these are kept out of answers even where a name is expected."""


class Watch:
    """Sends requests, remembers each secret that was sent or answered, and keeps every refusal.

    `secrets` are those that the server made; what the test makes carries a mark.

    Arguments:
        world: the server.
        log: all that was logged.
    """

    def __init__(self, world: World, log: io.StringIO) -> None:
        self.world, self.log = world, log
        self.secrets: dict[str, str] = {}
        self.refusals: list[tuple[str, str]] = []
        self._marks: dict[str, str] = {}
        self._numbers = itertools.count(1)

    def secret(self, where: str, form: str = "Canary-9!pw-{}") -> str:
        """A new secret, remembered by where it goes."""
        mark = f"{next(self._numbers):06}zQ7canary"
        self._marks[mark] = where
        return form.format(mark)

    def keep(self, where: str, value: str) -> str:
        self.secrets[value] = where
        return value

    def send(self, person: Any, method: str, path: str, json: Any = None, **how: Any) -> Any:
        reply = person.request(method, path, json, **how)
        self._learn(f"the answer of {path}", reply.json)
        if reply.status >= 400:
            self.refusals.append((f"{method} {path}", f"{reply.body.decode()}{reply.headers}"))
        return reply

    def post(self, person: Any, path: str, json: Any = None) -> Any:
        headers = {"Idempotency-Key": new_id()} if person.token else {}
        return self.send(person, "POST", f"{AUTH}{path}", json or {}, headers=headers)

    def _learn(self, where: str, value: Any, name: str = "") -> None:
        if isinstance(value, dict):
            for key, inner in value.items():
                self._learn(where, inner, key)
        elif isinstance(value, list):
            for inner in value:
                self._learn(where, inner, name)
        elif isinstance(value, str) and SECRET.search(name) and name != "code":
            self.keep(f"{name} of {where}", value)

    def found(self) -> list[str]:
        """Where a secret stands that should not stand there."""
        self.world.drain()
        found = [f"the log tells {words}" for words in self._in(self.log.getvalue())]
        found += [
            f"refusal of {what} tells {words}" for what, body in self.refusals for words in self._in(body)
        ]
        for table, column, value in cells(self.world.database_url):
            found += [f"{table}.{column} holds {words}" for words in self._in(value)]
        return sorted(set(found))

    def _in(self, haystack: str) -> list[str]:
        marked = [self._marks[mark] for mark in _MARK.findall(haystack)]
        return marked + [where for value, where in self.secrets.items() if value in haystack]


def cells(database_url: str) -> list[tuple[str, str, str]]:
    """Every value of every table, as text."""
    engine = create_engine(database_url.replace("postgresql://", "postgresql+psycopg://"))
    try:
        with engine.connect() as connection:
            return [
                (table, name, value.decode("latin-1") if isinstance(value, bytes) else str(value))
                for table in inspect(connection).get_table_names()
                for row in connection.execute(text(f'SELECT * FROM "{table}"')).mappings()
                for name, value in row.items()
                if value is not None
            ]
    finally:
        engine.dispose()


@pytest.fixture
def log() -> Any:
    """All that both formats make of every record of every logger."""
    stream, root = io.StringIO(), logging.getLogger()
    handlers = [logging.StreamHandler(stream), logging.StreamHandler(stream)]
    level = root.level
    root.setLevel(logging.DEBUG)
    for handler, form in zip(handlers, (JsonFormatter(), HumanFormatter()), strict=True):
        handler.setFormatter(form)
        root.addHandler(handler)
    yield stream
    root.setLevel(level)
    for handler in handlers:
        root.removeHandler(handler)


@pytest.fixture
def watch(new_world: Any, log: io.StringIO) -> Any:
    world = new_world({"auth.require_email_verification": True})
    return Watch(world, log)


def mailed(watch: Watch, address: str) -> str:
    """The token of the latest mail."""
    watch.world.drain()
    found = re.search(r"^token: (.+)$", watch.world.outbox.to(address)[-1].text, re.MULTILINE)
    assert found
    return watch.keep("a mail", found[1])


def user_id_of(watch: Watch, address: str) -> str:
    found = re.search(r"^user_id: (.+)$", watch.world.outbox.to(address)[-1].text, re.MULTILINE)
    assert found
    return found[1]


def live(watch: Watch) -> None:
    """What people do with their secrets, each step once rightly and once wrongly."""
    world, guest = watch.world, watch.world.anonymous()
    email, password = "bird@example.com", watch.secret("registration")
    with world.kernel.db.write(Scope.system()) as uow:
        link = Admin(world.kernel).issue_setup_link(uow)
    setup = {"token": watch.keep("the setup link", link.partition("#token=")[2])}
    first = {**setup, "email": "first@example.com", "username": "first", "password": watch.secret("setup")}
    assert watch.post(guest, "/setup", first).status == 201
    assert watch.post(guest, "/setup", first).status == 400

    account = {"email": email, "username": "bird", "password": password}
    assert watch.post(guest, "/register", account).status == 201
    assert watch.post(guest, "/register", account).status == 409
    proof = {"token": mailed(watch, email)}
    proof["user_id"] = user_id_of(watch, email)
    assert watch.post(guest, "/verify-email", proof).status == 200
    assert watch.post(guest, "/verify-email", proof).status == 400

    login = {"email": email, "password": password}
    assert watch.post(guest, "/login", {**login, "password": watch.secret("a wrong sign-in")}).status == 401
    tokens = watch.post(guest, "/login", login).data
    person = world.anonymous()
    person.token = tokens["access_token"]
    tokens = watch.post(guest, "/refresh", {"refresh_token": tokens["refresh_token"]}).data
    watch.post(guest, "/refresh", {"refresh_token": tokens["refresh_token"] + "x"})

    changed = {"current_password": password, "new_password": watch.secret("a password change")}
    wrong = {**changed, "current_password": watch.secret("a wrong password change")}
    assert watch.post(person, "/password-change", wrong).status >= 400
    assert watch.post(person, "/password-change", changed).status == 200
    assert watch.post(guest, "/password-reset", {"email": email}).status == 200
    reset = {"token": mailed(watch, email), "user_id": user_id_of(watch, email)}
    reset["new_password"] = watch.secret("a password reset")
    assert watch.post(guest, "/password-reset/confirm", reset).status == 200
    assert watch.post(guest, "/password-reset/confirm", reset).status == 400

    login["password"] = reset["new_password"]
    person.token = watch.post(guest, "/login", login).data["access_token"]
    watch.post(person, "/step-up", {"password": watch.secret("a wrong step-up")})
    assert watch.post(person, "/step-up", {"password": login["password"]}).status == 200
    with_tokens(watch, person)
    factor = watch.post(person, "/mfa/enable").data
    app = pyotp.TOTP(factor["secret"])
    assert watch.post(person, "/mfa/confirm", {"totp_code": app.at(world.clock.now())}).status == 200
    challenge = watch.post(guest, "/login", login).data["mfa_token"]
    watch.post(guest, "/mfa/verify", {"mfa_token": challenge, "backup_code": watch.secret("a wrong code")})
    answer = watch.post(
        guest, "/mfa/verify", {"mfa_token": challenge, "backup_code": factor["backup_codes"][0]}
    )
    assert answer.status == 200
    person.token = answer.data["access_token"]
    watch.post(person, "/mfa/regenerate-backup-codes", {"password": login["password"]})
    watch.post(person, "/logout")


def with_tokens(watch: Watch, person: Any) -> None:
    """A program with a token of a person: it is used, mistyped, renewed and revoked."""
    path = "/api/v1/integration/tokens"
    made = watch.send(person, "POST", path, {"name": "Bot", "scopes": ["read:account"]}).data
    program = watch.world.anonymous()
    program.token = made["token"]
    assert watch.send(program, "GET", f"{AUTH}/me").status == 200
    assert watch.send(program, "GET", path).status == 403
    renewed = watch.send(person, "POST", f"{path}/{made['id']}/rotate", {}).data
    assert watch.send(program, "GET", f"{AUTH}/me").status == 401
    program.token = watch.keep("a mistyped token", renewed["token"][:-1] + "!")
    assert watch.send(program, "GET", f"{AUTH}/me").status == 401
    assert watch.send(person, "DELETE", f"{path}/{made['id']}").status == 204


def test_a_life_of_sign_ins_leaves_no_secret_behind(watch: Watch) -> None:
    live(watch)
    assert len(watch.secrets) > 25
    assert watch.found() == []


def test_sign_in_through_a_provider_leaves_none(new_world: Any, log: io.StringIO) -> None:
    with OpenIdProvider(FixedClock(START)) as provider:
        world = new_world(
            {"oidc.issuer": provider.issuer, "oidc.client_id": CLIENT_ID, "oidc.client_secret": CLIENT_SECRET}
        )
        provider.clock = world.clock
        provider.person = {"sub": "1", "email": "pia@example.org", "email_verified": True}
        watch = Watch(world, log)
        page = "http://localhost:8000/oauth/callback"
        begun = watch.send(world.anonymous(), "GET", f"{AUTH}/oauth/oidc", query={"redirect_uri": page}).data
        code, state = provider.consent(begun["authorization_url"])
        body = {"state": watch.keep("the provider", state), "flow_secret": begun["flow_secret"]}
        body |= {"code": watch.keep("the provider", code), "redirect_uri": page}
        path = "/oauth/oidc/callback"
        watch.keep("the settings", CLIENT_SECRET)
        assert watch.post(world.anonymous(), path, body).status == 200
        assert watch.post(world.anonymous(), path, body).status == 401
        watch.post(world.anonymous(), path, {**body, "code": watch.secret("a wrong code")})
    assert watch.found() == []


def test_no_route_tells_a_secret_whatever_is_sent_wherever(watch: Watch) -> None:
    world = watch.world
    document = world.anonymous().get("/openapi.json").json
    for operation in operations(document):
        person = world.administrator()
        path = re.sub(r"\{\w+_id\}", new_id(), operation.path)
        path = re.sub(r"\{\w+\}", "oidc", path)
        body = None
        if operation.has_body:
            body = filled(operation.body, operation.required, "mark")
            body |= {name: watch.secret(f"{name} of {operation}") for name in body if SECRET.search(name)}
        for json, how in wrong_ways(watch, str(operation), body):
            watch.send(person, operation.method, path, json, **how)
        watch.send(world.anonymous(), operation.method, path, body)
        shaped = watch.secret(f"path of {operation}", SHAPES[0])
        watch.send(person, operation.method, re.sub(r"\{\w+\}", shaped, operation.path), body)
    for form in SHAPES:
        token = watch.secret("an address", form)
        for path in (f"/{token}", f"{AUTH}/verify-email/{token}", f"/static/{token}", f"/docs?token={token}"):
            watch.send(world.anonymous(), "GET", path)
    assert len(watch.refusals) > 1000
    assert watch.found() == []


def wrong_ways(watch: Watch, where: str, body: Any) -> Any:
    """A body and the further arguments of a request, one way after another to put a secret somewhere."""
    yield body, {"headers": {"Idempotency-Key": new_id()}}
    if body is not None:
        yield {**body, "password": watch.secret(f"unknown field of {where}")}, {}
        yield {name: [watch.secret(f"list of {where}")] for name in body}, {}
        yield {name: {"token": watch.secret(f"deep in {where}")} for name in body}, {}
        for form in SHAPES:
            yield {**body, watch.secret(f"name of a field of {where}", form): 1}, {}
        raw = watch.secret(f"broken JSON of {where}").encode()
        yield None, {"data": b'{"password": "' + raw, "headers": {"Content-Type": "application/json"}}
        yield None, {"data": b"password=" + raw, "headers": {"Content-Type": "text/plain"}}
    yield (
        body,
        {"query": {"token": watch.secret(f"query of {where}"), "code": watch.secret(f"query of {where}")}},
    )
    yield body, {"query": {watch.secret(f"name in the query of {where}", SHAPES[0]): "1"}}
    for name, form in (
        ("Authorization", "Bearer {}"),
        ("Authorization", "Bearer eyJhbGciOiJIUzI1NiJ9.eyJ{}.c2ln"),
        ("Authorization", "Basic {}"),
        ("Cookie", "pf_device={}"),
        ("X-Api-Key", "{}"),
        ("X-Workspace-Id", "prona_{}"),
        ("If-Match", '"{}"'),
        ("Origin", "https://{}"),
    ):
        secret = watch.secret(f"{name} of {where}", "{}")
        yield body, {"headers": {name: form.format(quote(secret))}}


@pytest.mark.parametrize("sabotage", ["code", "database"])
def test_a_defect_tells_none(watch: Watch, monkeypatch: pytest.MonkeyPatch, sabotage: str) -> None:
    """Every write fails, by a mistake in the code or by one in a statement that holds the values."""

    def broken(self: UnitOfWork, *_: Any) -> Any:
        if sabotage == "code":
            raise RuntimeError("sabotage")
        values = {"secret": watch.secret("a statement")}
        self.connection.execute(unscoped("sabotage", text("INSERT INTO nothing VALUES (:secret)")), values)

    for name in ("insert", "update", "execute"):
        monkeypatch.setattr(UnitOfWork, name, broken)
    guest = watch.world.anonymous()
    password = watch.secret("a registration that fails")
    reply = watch.post(
        guest, "/register", {"email": "x@example.com", "username": "sabotaged", "password": password}
    )
    assert reply.status == 500
    assert "sabotage" in watch.log.getvalue() or "nothing" in watch.log.getvalue(), "it was logged"
    assert watch.found() == []


class TestControl:
    """The search finds what is there."""

    def test_in_the_log(self, watch: Watch) -> None:
        logging.getLogger("somewhere").debug("they typed %s", watch.secret("here"))
        assert watch.found() == ["the log tells here"]

    def test_in_a_table(self, watch: Watch) -> None:
        ann = watch.world.person()
        ann.patch(f"{AUTH}/me", {"full_name": watch.secret("here")})
        assert "core__user.full_name holds here" in watch.found()

    def test_in_a_refusal(self, watch: Watch) -> None:
        watch.refusals.append(("GET /x", f"you said {watch.secret('here')}"))
        assert watch.found() == ["refusal of GET /x tells here"]
