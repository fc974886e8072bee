"""Accounts at other services: connected through the service or with tokens, renewed, disconnected."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import select

from pronaflow_integrations.api import Connections
from pronaflow_integrations.connections.apps import GITHUB, SLACK
from pronaflow_integrations.connections.messages import revocation_request
from pronaflow_integrations.connections.models import Connection
from pronaflow_integrations.connections.renewal import GIVE_UP, RENEW
from pronaflow_integrations.connections.service import LIFE
from pronaflow_integrations.personal_data import collect
from pronaflow_kernel.events.models import EventRow as Entry
from pronaflow_kernel.persistence.scope import Scope
from pronaflow_kernel.plugins.discovery import GROUP, discover
from pronaflow_kernel.tenancy.rule import unscoped
from pronaflow_kernel.testing import Person, World
from pronaflow_kernel.testing.openid import CLIENT_ID, CLIENT_SECRET, OpenIdProvider, json_answer
from pronaflow_kernel.testing.openid import LIFE as TOKEN_LIFE
from pronaflow_kernel.testing.world import START

OAUTH = "/api/v1/integration/oauth"
CONNECTIONS = f"{OAUTH}/connections"
PAGE = "https://pages.example.com/back"
VAULT = EntryPoint("vault", "pronaflow_vault.plugin:VaultPlugin", GROUP)


@pytest.fixture(scope="module")
def provider(world: World) -> Iterator[OpenIdProvider]:
    with OpenIdProvider(world.clock) as running:
        yield running


@pytest.fixture(scope="module")
def house(
    new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory, provider: OpenIdProvider
) -> Iterator[World]:
    """A server with the plugin of a third party, which knows a service."""
    said = {"vault.issuer": provider.issuer, "vault.client_id": CLIENT_ID}
    said |= {"vault.client_secret": CLIENT_SECRET, "integrations.oauth_redirect_uris": [PAGE]}
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(Path(__file__).parent / "packages"))
        made = World(
            new_database(),
            tmp_path_factory.mktemp("vault"),
            settings=said,
            candidates=[*discover(), *discover([VAULT])],
        )
        yield made
        made.close()


@pytest.fixture
def vault(house: World, provider: OpenIdProvider) -> OpenIdProvider:
    """The service, which does everything right and knows nobody yet."""
    house.drain()
    house.clock.set(START)
    provider.clock = house.clock
    provider.reset()
    provider.person = {"sub": "nina-at-the-vault"}
    return provider


@pytest.fixture
def nina(house: World) -> Person:
    return house.person("nina")


def app_of(person: Person, name: str) -> Any:
    return next(app for app in person.get(f"{OAUTH}/apps").data if app["provider_name"] == name)


def begun(person: Person) -> Any:
    reply = person.post(f"{OAUTH}/apps/{app_of(person, 'vault')['id']}/authorize", {})
    assert reply.status == 201
    return reply.data


def finish(person: Person, **body: Any) -> Any:
    return person.post(f"{OAUTH}/callback", body)


def connected(person: Person, vault: OpenIdProvider) -> Any:
    code, state = vault.consent(begun(person)["authorize_url"])
    reply = finish(person, code=code, state=state)
    assert reply.status == 201, reply.json
    return reply.data


def rows(world: World) -> list[Any]:
    with world.kernel.db.read(Scope.system()) as reader:
        return reader.all(select(Connection.__table__))


def renew(world: World) -> None:
    with world.kernel.db.write(Scope.system()) as uow:
        world.kernel.contexts["integrations"].jobs.enqueue(uow, RENEW, {})
    world.drain()


def refusals(world: World, person: Person) -> int:
    """How many answers of somebody the ledger knows to have been refused."""
    mine = Entry.type == "connection.refused", Entry.aggregate_id == person.id
    with world.kernel.db.read(Scope.system()) as reader:
        return len(reader.all(unscoped("a test looks everywhere", select(Entry.id).where(*mine))))


class TestApps:
    def test_those_that_nobody_has_registered_are_shown_and_refused(self, nina: Person) -> None:
        slack = app_of(nina, "slack")
        assert (slack["is_enabled"], slack["scopes"]) == (False, ["channels:read", "chat:write"])
        for name in (slack["id"], "slack"):
            assert nina.get(f"{OAUTH}/apps/{name}").data["required_scopes"] == slack["scopes"]
        tokens = {"oauth_app_id": slack["id"], "access_token": "t", "external_user_id": "nina"}
        for reply in (nina.post(f"{OAUTH}/apps/{slack['id']}/authorize", {}), nina.post(CONNECTIONS, tokens)):
            assert (reply.status, reply.error["details"]["reason"]) == (400, "app_disabled")

    def test_one_that_nobody_knows_is_not_found(self, nina: Person) -> None:
        nowhere = "0198f2c0-0000-7000-8000-000000000009"
        tokens = {"oauth_app_id": nowhere, "access_token": "t", "external_user_id": "nina"}
        assert nina.get(f"{OAUTH}/apps/{nowhere}").status == 404
        assert nina.post(f"{OAUTH}/apps/{nowhere}/authorize", {}).status == 404
        assert nina.post(CONNECTIONS, tokens).status == 404

    def test_it_goes_with_its_plugin(self, house: World, nina: Person) -> None:
        house.kernel.switches.set("vault", False)
        names = [app["provider_name"] for app in nina.get(f"{OAUTH}/apps").data]
        house.kernel.switches.set("vault", True)
        assert names == ["github", "google_calendar", "slack"]


class TestFlow:
    def test_the_browser_is_sent_with_state_nonce_and_challenge(
        self, vault: OpenIdProvider, nina: Person
    ) -> None:
        flow = begun(nina)
        query = {name: values[0] for name, values in parse_qs(urlsplit(flow["authorize_url"]).query).items()}
        assert (query["state"], query["redirect_uri"], query["scope"]) == (flow["state"], PAGE, "openid read")
        assert query["code_challenge_method"] == "S256"
        assert len(query["code_challenge"]) == 43
        assert query["nonce"]

    def test_a_code_becomes_a_connection(self, house: World, vault: OpenIdProvider, nina: Person) -> None:
        made = connected(nina, vault)
        expected = (nina.id, "vault", "nina-at-the-vault", True)
        names = ("user_id", "provider_name", "external_user_id", "is_active")
        assert tuple(made[name] for name in names) == expected
        assert nina.get(CONNECTIONS).data == [made]
        assert not {"access_token", "refresh_token"} & made.keys()

    def test_an_account_is_connected_once(self, vault: OpenIdProvider, nina: Person) -> None:
        made = connected(nina, vault)
        code, state = vault.consent(begun(nina)["authorize_url"])
        again = finish(nina, code=code, state=state)
        assert (again.status, again.error["details"]["connection_id"]) == (409, made["id"])
        vault.person = {"sub": "another"}
        assert connected(nina, vault)["id"] != made["id"]

    def test_a_state_that_was_made_up_or_used_is_refused(
        self, house: World, vault: OpenIdProvider, nina: Person
    ) -> None:
        code, state = vault.consent(begun(nina)["authorize_url"])
        assert finish(nina, code=code, state="x" * 43).error["details"]["reason"] == "state_invalid"
        assert finish(nina, code=code, state=state).status == 201
        assert finish(nina, code=code, state=state).status == 400
        assert refusals(house, nina) == 2

    def test_a_state_of_somebody_else_is_refused_and_stays_theirs(
        self, house: World, vault: OpenIdProvider, nina: Person
    ) -> None:
        code, state = vault.consent(begun(nina)["authorize_url"])
        assert finish(house.person("eve"), code=code, state=state).status == 400
        assert finish(nina, code=code, state=state).status == 201

    def test_a_state_ends(self, house: World, vault: OpenIdProvider, nina: Person) -> None:
        code, state = vault.consent(begun(nina)["authorize_url"])
        house.clock.advance(LIFE.total_seconds())
        assert finish(nina, code=code, state=state).error["details"]["reason"] == "state_invalid"

    @pytest.mark.parametrize("claims", [{"nonce": "another"}, {"nonce": None}, {"aud": "another"}])
    def test_an_id_token_of_another_flow_is_refused(
        self, vault: OpenIdProvider, nina: Person, claims: dict[str, Any]
    ) -> None:
        vault.claims = claims
        code, state = vault.consent(begun(nina)["authorize_url"])
        reply = finish(nina, code=code, state=state)
        assert (reply.status, reply.error["details"]["reason"]) == (400, "provider_refused")
        assert nina.get(CONNECTIONS).data == []

    def test_who_does_not_agree_is_not_connected(self, vault: OpenIdProvider, nina: Person) -> None:
        reply = finish(nina, state=begun(nina)["state"], error="access_denied")
        assert (reply.status, reply.error["details"]["reason"]) == (400, "denied")

    def test_another_issuer_is_refused(self, vault: OpenIdProvider, nina: Person) -> None:
        code, state = vault.consent(begun(nina)["authorize_url"])
        reply = finish(nina, code=code, state=state, iss="https://evil.example.com")
        assert (reply.status, reply.error["details"]["reason"]) == (400, "issuer_mismatch")

    def test_a_service_that_is_away_says_so(self, vault: OpenIdProvider, nina: Person) -> None:
        vault.answers["token"] = lambda: json_answer({}, 502)
        code, state = vault.consent(begun(nina)["authorize_url"])
        assert finish(nina, code=code, state=state).status == 503

    def test_pages_are_the_operators(self, nina: Person) -> None:
        path = f"{OAUTH}/apps/{app_of(nina, 'vault')['id']}/authorize"
        assert nina.post(path, {"redirect_uri": "https://evil.example.com/"}).faults == {"redirect_uri"}
        assert nina.post(path, {"redirect_uri": PAGE}).status == 201


class TestDirect:
    def test_tokens_are_taken_and_never_shown(self, house: World, nina: Person) -> None:
        body = {"oauth_app_id": app_of(nina, "vault")["id"], "external_user_id": "nina"}
        secrets = {"access_token": "canary-access-7391", "refresh_token": "canary-refresh-7391"}
        made = nina.post(CONNECTIONS, body | secrets)
        assert made.status == 201
        assert nina.post(CONNECTIONS, body | secrets).status == 409
        shown = nina.get(f"{CONNECTIONS}/{made.data['id']}")
        assert "canary" not in f"{made.json}{shown.json}"
        [row] = [row for row in rows(house) if row["id"] == made.data["id"]]
        assert "canary" not in str(row)

    @pytest.mark.parametrize(
        ("wrong", "field"),
        [
            ({"access_token": "with blanks"}, "access_token"),
            ({"access_token": None}, "access_token"),
            ({"external_user_id": ""}, "external_user_id"),
            ({"oauth_app_id": ""}, "oauth_app_id"),
        ],
    )
    def test_what_is_wrong_is_named(self, nina: Person, wrong: dict[str, Any], field: str) -> None:
        body = {"oauth_app_id": app_of(nina, "vault")["id"], "access_token": "t", "external_user_id": "n"}
        assert nina.post(CONNECTIONS, body | wrong).faults == {field}

    def test_nobody_sees_or_ends_those_of_others(self, house: World, nina: Person) -> None:
        body = {"oauth_app_id": app_of(nina, "vault")["id"], "access_token": "t", "external_user_id": "n"}
        made = nina.post(CONNECTIONS, body).data
        eve = house.person("eve")
        for method in ("GET", "DELETE"):
            assert eve.request(method, f"{CONNECTIONS}/{made['id']}").status == 404
        assert eve.get(CONNECTIONS).data == []
        assert eve.post(CONNECTIONS, body).status == 201


class TestRenewal:
    def test_tokens_are_renewed_before_they_end(
        self, house: World, vault: OpenIdProvider, nina: Person
    ) -> None:
        made = connected(nina, vault)
        [before] = [row for row in rows(house) if row["id"] == made["id"]]
        house.clock.advance(60)
        renew(house)
        [after] = [row for row in rows(house) if row["id"] == made["id"]]
        assert after["expires_at"] == house.clock.now() + timedelta(seconds=TOKEN_LIFE)
        assert after["refresh_token"] != before["refresh_token"]
        assert after["last_verified_at"] > before["last_verified_at"]

    def test_a_service_that_is_away_is_asked_again(
        self, house: World, vault: OpenIdProvider, nina: Person
    ) -> None:
        made = connected(nina, vault)
        vault.answers["token"] = lambda: json_answer({}, 502)
        renew(house)
        assert nina.get(f"{CONNECTIONS}/{made['id']}").data["problem"] == "away"
        assert nina.get("/api/v1/integration/status").data["oauth"]["status"] == "down"
        asked = len(vault.asked)
        renew(house)
        assert len(vault.asked) == asked, "it waits"
        vault.answers.clear()
        house.clock.advance(121)
        renew(house)
        assert nina.get(f"{CONNECTIONS}/{made['id']}").data["problem"] is None

    def test_what_is_refused_has_to_be_connected_again(
        self, house: World, vault: OpenIdProvider, nina: Person
    ) -> None:
        made = connected(nina, vault)
        vault.reset()
        vault.person = {"sub": "nina-at-the-vault"}
        renew(house)
        shown = nina.get(f"{CONNECTIONS}/{made['id']}").data
        assert (shown["is_active"], shown["problem"]) == (False, "refused")
        [mail] = house.outbox.to(nina.email)
        assert mail.subject == "Vault has to be connected again - PronaFlow"
        again = connected(nina, vault)
        house.drain()
        assert [each["id"] for each in nina.get(CONNECTIONS).data] == [again["id"]]

    def test_what_cannot_be_renewed_ends(self, house: World, vault: OpenIdProvider, nina: Person) -> None:
        ends = (house.clock.now() + timedelta(hours=1)).isoformat()
        body = {"oauth_app_id": app_of(nina, "vault")["id"], "external_user_id": "n", "expires_at": ends}
        made = nina.post(CONNECTIONS, body | {"access_token": "t"}).data
        renew(house)
        assert nina.get(f"{CONNECTIONS}/{made['id']}").data["is_active"] is True
        house.clock.advance(3600)
        renew(house)
        assert nina.get(f"{CONNECTIONS}/{made['id']}").data["is_active"] is False


class TestEnd:
    def test_the_service_is_told_and_the_tokens_go(
        self, house: World, vault: OpenIdProvider, nina: Person
    ) -> None:
        made = connected(nina, vault)
        agreed = {"consent_type": "THIRD_PARTY", "resource_type": "vault", "resource_id": made["id"]}
        consent = nina.post("/api/v1/integration/consents", agreed).data
        assert nina.delete(f"{CONNECTIONS}/{made['id']}").status == 204
        assert nina.get(f"{CONNECTIONS}/{made['id']}").status == 404
        assert nina.get(f"/api/v1/integration/consents/{consent['id']}").data["is_granted"] is False
        house.drain()
        assert len(vault.revoked) == 2
        assert made["id"] not in [row["id"] for row in rows(house)]

    def test_a_service_that_is_away_is_told_later_and_tokens_go_in_a_day(
        self, house: World, vault: OpenIdProvider, nina: Person
    ) -> None:
        made = connected(nina, vault)
        vault.answers["revoke"] = lambda: json_answer({}, 503)
        nina.delete(f"{CONNECTIONS}/{made['id']}")
        house.drain()
        [row] = [row for row in rows(house) if row["id"] == made["id"]]
        assert (row["user_id"], row["external_user_id"]) == (None, "")
        house.clock.advance(GIVE_UP.total_seconds())
        house.drain()
        assert made["id"] not in [row["id"] for row in rows(house)]

    def test_taking_the_consent_back_disconnects(
        self, house: World, vault: OpenIdProvider, nina: Person
    ) -> None:
        made = connected(nina, vault)
        service = house.kernel.services.require(Connections)

        def token() -> str | None:
            with house.kernel.db.read(Scope.system()) as reader:
                return service.access_token(reader, nina.id, "vault")

        assert nina.get("/api/v1/integration/consents/status").data["compliance_status"] == "action_required"
        assert token() is None
        agreed = {"consent_type": "THIRD_PARTY", "resource_type": "vault", "resource_id": made["id"]}
        consent = nina.post("/api/v1/integration/consents", agreed).data
        assert nina.get("/api/v1/integration/consents/status").data["compliance_status"] == "compliant"
        assert token()
        nina.delete(f"/api/v1/integration/consents/{consent['id']}")
        assert token() is None
        assert nina.get(CONNECTIONS).data == []

    def test_who_is_forgotten_is_disconnected(
        self, house: World, vault: OpenIdProvider, nina: Person
    ) -> None:
        made = connected(nina, vault)
        with house.kernel.db.write(Scope.system()) as uow:
            assert [each["id"] for each in collect(uow, nina.id)["connections"]] == [made["id"]]
            house.kernel.hooks.ask("erase_user_data", uow=uow, user_id=nina.id)
        house.drain()
        assert len(vault.revoked) == 2


def test_the_status_counts_those_of_the_members(house: World, vault: OpenIdProvider, nina: Person) -> None:
    assert nina.get("/api/v1/integration/status").data["oauth"] == {
        "status": "operational", "active_connections": 0,
    }  # fmt: skip
    connected(nina, vault)
    assert nina.get("/api/v1/integration/status").data["oauth"]["active_connections"] == 1


def test_each_service_is_told_of_an_end_in_its_way() -> None:
    github = replace(GITHUB, client_id="id", client_secret="secret")
    assert github.revocation is not None
    asked = revocation_request(github, github.revocation, "token")
    assert (asked.method, asked.url) == ("DELETE", "https://api.github.com/applications/id/token")
    assert asked.headers["Authorization"].startswith("Basic ")
    assert SLACK.revocation is not None
    asked = revocation_request(SLACK, SLACK.revocation, "token")
    assert (asked.method, asked.headers["Authorization"]) == ("POST", "Bearer token")
