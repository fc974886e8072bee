"""What the first seed says of the API as a whole, in its sections before module 7."""

from __future__ import annotations

import base64
import json
import re
from itertools import count
from urllib.parse import urljoin

import pytest

from pronaflow_kernel.settings import Settings

AUTH = "/api/v1/auth"
PASSWORD = "Quiet-Meadow7!x"
MINUTE, HOUR, DAY = 60, 3600, 24 * 3600

_numbers = count(1)


def new_account():
    name = f"eve_{next(_numbers)}"
    return {"email": f"{name}@example.com", "username": name, "password": PASSWORD}


@pytest.fixture
def account(world):
    """A registered account as it was sent and answered."""
    sent = new_account()
    return sent | world.anonymous().post(f"{AUTH}/register", sent).data


@pytest.fixture
def tokens(world, account):
    """What signing in with the account answers."""
    return sign_in(world, account).data


def sign_in(world, account, password=PASSWORD):
    return world.anonymous().post(f"{AUTH}/login", {"email": account["email"], "password": password})


def me(world, header):
    return world.anonymous().request("GET", f"{AUTH}/me", headers={"Authorization": header})


def proof(world, account):
    """Token of the latest mail to the account."""
    world.drain()
    mail = world.outbox.to(account["email"])[-1]
    return {"user_id": account["id"], "token": re.search(r"^token: (\S+)$", mail.text, re.MULTILINE)[1]}


# Base Information


def test_a_development_server_answers_on_port_8000():
    assert (Settings().server.port, Settings().public_url) == (8000, "http://localhost:8000")


def test_the_api_lies_under_its_prefix(ann):
    paths = ann.get("/openapi.json").json["paths"]
    assert f"{AUTH}/login" in paths
    assert all(path.startswith("/api/v1/") for path in paths)


def test_answers_are_json(ann):
    for reply in (ann.get(f"{AUTH}/me"), ann.get("/api/v1/nothing"), ann.get("/health")):
        assert reply.headers["Content-Type"] == "application/json"


def test_text_is_utf_8(ann):
    text = "Nguyễn Văn 任 ✓"
    ann.request("PATCH", f"{AUTH}/me", data=json.dumps({"full_name": text}, ensure_ascii=False).encode())
    reply = ann.get(f"{AUTH}/me")
    assert reply.data["full_name"] == text
    assert text.encode() in reply.body


@pytest.mark.parametrize("path", ["/docs", "/redoc"])
def test_documentation_page(world, path):
    reply = world.anonymous().get(path)
    assert reply.status == 200
    assert reply.headers["Content-Type"].startswith("text/html")
    assert b"openapi.json" in reply.body
    for address in re.findall(r'(?:src|href)="(?!data:)([^"?]+)', reply.body.decode()):
        assert world.anonymous().get(urljoin(path, address)).status == 200


def test_health(world):
    reply = world.anonymous().get("/health")
    assert (reply.status, reply.json["status"]) == (200, "healthy")


def test_openapi_schema(world):
    reply = world.anonymous().get("/openapi.json")
    assert reply.json["openapi"].startswith("3.1")


# Authentication & Security


def test_an_access_token_is_a_jwt_as_printed(tokens, account):
    head, payload, _ = tokens["access_token"].split(".")
    head, payload = (json.loads(base64.urlsafe_b64decode(part + "==")) for part in (head, payload))
    assert (head["alg"], head["typ"]) == ("HS256", "JWT")
    named = {key: payload[key] for key in ("sub", "email", "username", "roles")}
    assert named == {
        "sub": account["id"],
        "email": account["email"],
        "username": account["username"],
        "roles": ["user"],
    }
    assert payload["exp"] - payload["iat"] == 30 * MINUTE


def test_the_bearer_header_signs_in(world, tokens, account):
    token = tokens["access_token"]
    assert me(world, f"Bearer {token}").data["id"] == account["id"]
    for wrong in (token, f"Basic {token}", "Bearer", f"Bearer {token}x"):
        assert me(world, wrong).status == 401
    assert world.anonymous().get(f"{AUTH}/me").status == 401


def test_an_access_token_lives_30_minutes(world, tokens):
    header = f"Bearer {tokens['access_token']}"
    assert tokens["expires_in"] == 30 * MINUTE
    world.clock.advance(30 * MINUTE - 1)
    assert me(world, header).status == 200
    world.clock.advance(1)
    assert me(world, header).status == 401


def test_a_refresh_token_lives_7_days(world, account):
    for seconds, status in ((7 * DAY - 1, 200), (7 * DAY, 401)):
        token = sign_in(world, account).data["refresh_token"]
        world.clock.advance(seconds)
        reply = world.anonymous().post(f"{AUTH}/refresh", {"refresh_token": token})
        assert reply.status == status


@pytest.mark.parametrize(("seconds", "status"), [(24 * HOUR - 1, 200), (24 * HOUR, 400)])
def test_a_verification_link_lives_24_hours(world, account, seconds, status):
    world.anonymous().post(f"{AUTH}/resend-verification", {"email": account["email"]})
    sent = proof(world, account)
    world.clock.advance(seconds)
    assert world.anonymous().post(f"{AUTH}/verify-email", sent).status == status


@pytest.mark.parametrize(("seconds", "status"), [(15 * MINUTE - 1, 200), (15 * MINUTE, 400)])
def test_a_password_reset_link_lives_15_minutes(world, account, seconds, status):
    new = "Other-Meadow8!y"
    world.anonymous().post(f"{AUTH}/password-reset", {"email": account["email"]})
    sent = proof(world, account) | {"new_password": new}
    world.clock.advance(seconds)
    assert world.anonymous().post(f"{AUTH}/password-reset/confirm", sent).status == status
    assert sign_in(world, account, new).status == (200 if status == 200 else 401)


@pytest.mark.parametrize(
    "password",
    [
        pytest.param("Meadow-7!xQ", id="11 characters"),
        pytest.param("quiet-meadow7!x", id="no uppercase"),
        pytest.param("QUIET-MEADOW7!X", id="no lowercase"),
        pytest.param("Quiet-Meadow!x", id="no digit"),
        pytest.param("QuietMeadow7x", id="no special character"),
    ],
)
def test_password_rule(world, password):
    sent = new_account()
    assert world.anonymous().post(f"{AUTH}/register", sent | {"password": password}).faults == {"password"}
    assert world.anonymous().post(f"{AUTH}/register", sent | {"password": "Meadow-7!xQz"}).status == 201


def test_foreign_origins_are_not_allowed(ann):
    origin = {"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "GET"}
    for method in ("GET", "OPTIONS"):
        headers = ann.request(method, f"{AUTH}/me", headers=origin).headers
        assert not [name for name, _ in headers.items() if name.startswith("Access-Control-")]


def test_https_is_required_in_production(new_world):
    settings = {
        "environment": "production",
        "secret_key": ["0123456789abcdef" * 4],
        "server.trusted_proxies": 1,
    }
    caller = new_world(settings, candidates=[]).anonymous()
    plain = caller.get(f"{AUTH}/me")
    assert (plain.status, plain.error["code"]) == (403, "HTTPS_REQUIRED")
    encrypted = caller.request("GET", f"{AUTH}/me", headers={"X-Forwarded-Proto": "https"})
    assert encrypted.status == 401
    assert "max-age=" in encrypted.headers["Strict-Transport-Security"]


# Common Response Formats, Error Handling


def test_success_format(world, ann):
    read = ann.get("/api/v1/workspaces/" + ann.workspace_id)
    made = ann.post("/api/v1/workspaces", {"name": "Second"})
    assert (read.status, made.status) == (200, 201)
    for reply in (read, made):
        assert reply.json["success"] is True
        assert {"id", "name", "created_at"} <= reply.data.keys()
        assert re.fullmatch(r"[\d-]{10}T[\d:]{8}(\.\d+)?Z", reply.data["created_at"])


def test_paginated_format(ann):
    for number in range(2):
        ann.post("/api/v1/workspaces", {"name": f"Workspace {number}"})
    reply = ann.get("/api/v1/workspaces", page=2, page_size=2)
    assert reply.json["success"] is True
    assert len(reply.data) == 1
    printed = {"page": 2, "page_size": 2, "total": 3, "total_pages": 2}
    assert {key: reply.json["pagination"][key] for key in printed} == printed


def test_error_format(world):
    reply = world.anonymous().post(f"{AUTH}/register", {"email": "no address"})
    assert reply.json["success"] is False
    assert reply.json["error"].keys() >= {"code", "message", "details"}
    assert reply.json["error"]["details"].keys() >= {"field", "reason"}
    assert re.fullmatch(r"[\d-]{10}T[\d:]{8}(\.\d+)?Z", reply.json["timestamp"])


def invalid_request(world, ann, bob):
    return ann.request("PATCH", f"{AUTH}/me", data=b'{"full_name": ')


def unauthorized(world, ann, bob):
    return me(world, "Bearer no-token")


def forbidden(world, ann, bob):
    world.join(ann.workspace_id, bob, "viewer")
    return bob.patch(f"/api/v1/workspaces/{ann.workspace_id}", {"name": "Mine"})


def not_found(world, ann, bob):
    return bob.get(f"/api/v1/workspaces/{ann.workspace_id}")


def conflict(world, ann, bob):
    return bob.patch(f"{AUTH}/me", {"username": ann.username})


def validation_error(world, ann, bob):
    return ann.patch(f"{AUTH}/me", {"full_name": 7})


@pytest.mark.parametrize(
    ("code", "status", "cause"),
    [
        pytest.param("INVALID_REQUEST", 400, invalid_request, id="INVALID_REQUEST"),
        pytest.param("UNAUTHORIZED", 401, unauthorized, id="UNAUTHORIZED"),
        pytest.param("FORBIDDEN", 403, forbidden, id="FORBIDDEN"),
        pytest.param("NOT_FOUND", 404, not_found, id="NOT_FOUND"),
        pytest.param("CONFLICT", 409, conflict, id="CONFLICT"),
        pytest.param("VALIDATION_ERROR", 422, validation_error, id="VALIDATION_ERROR"),
    ],
)
def test_error_code(world, ann, bob, code, status, cause):
    reply = cause(world, ann, bob)
    assert (reply.status, reply.error["code"], reply.json["success"]) == (status, code, False)


def test_an_unexpected_error_shows_nothing_of_its_inside(world, ann, monkeypatch):
    def broken(scope):
        raise RuntimeError("the inside")

    monkeypatch.setattr(world.kernel.db, "read", broken)
    reply = ann.get(f"{AUTH}/me")
    assert (reply.status, reply.error["code"]) == (500, "INTERNAL_ERROR")
    assert b"the inside" not in reply.body
