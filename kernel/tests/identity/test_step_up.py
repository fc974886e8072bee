"""Proving again who one is before a grave step (security.md 2.6); `/auth/mfa/enable` asks for 300 seconds."""

from dataclasses import replace
from datetime import timedelta

import pyotp
import pytest
from sqlalchemy import update

from pronaflow_kernel.access.freshness import demand_fresh
from pronaflow_kernel.access.principal import Principal
from pronaflow_kernel.contributions import check_blueprint
from pronaflow_kernel.errors import Forbidden
from pronaflow_kernel.identity.models import User
from pronaflow_kernel.identity.sessions import access_tokens
from pronaflow_kernel.persistence.scope import Scope
from pronaflow_kernel.plugins.lifecycle import PluginFault
from pronaflow_kernel.web.blueprint import PUBLIC, Blueprint

STEP_UP = "/api/v1/auth/step-up"
GRAVE = "/api/v1/auth/mfa/enable"
LOGOUT = "/api/v1/auth/logout"


def shown(moment):
    return moment.isoformat().replace("+00:00", "Z")


def step_up(person, account, **changes):
    return person.post(STEP_UP, {"password": account.password, **changes})


class TestGraveRoutes:
    def test_a_sign_in_counts_for_as_long_as_the_route_says(self, house):
        person, _ = house.signed_in(house.resident())
        house.clock.advance(300)
        assert person.post(GRAVE).status == 200

        house.clock.advance(1)
        reply = person.post(GRAVE)

        assert (reply.status, reply.error["code"]) == (403, "FORBIDDEN")
        assert reply.error["details"] == {"reason": "step_up_required", "max_age": 300}
        assert STEP_UP in reply.error["message"]

    def test_a_refresh_is_no_proof(self, house):
        person, refresh = house.signed_in(house.resident())
        house.clock.advance(301)

        person.token = house.refresh(refresh).data["access_token"]

        assert person.post(GRAVE).status == 403

    def test_a_clock_that_was_set_back_harms_nobody(self, house):
        person, _ = house.signed_in(house.resident())

        house.clock.advance(-30)

        assert person.post(GRAVE).status == 200
        house.clock.advance(30)

    def test_the_document_says_so(self, house):
        operation = house.world.anonymous().get("/openapi.json").json["paths"][GRAVE]["post"]

        assert operation["x-fresh"] == 300
        assert (
            "Only within 300 seconds after a sign-in or `POST /api/v1/auth/step-up`"
            in operation["description"]
        )
        assert "403" in operation["responses"]

    def test_a_machine_is_told_that_it_cannot(self, house, monkeypatch):
        """Its credential stands for somebody who is not there."""
        account = house.resident()
        person, _ = house.signed_in(account)
        known = access_tokens.principal_of

        def as_token(user, session_id, auth_time):
            return replace(known(user, None, None), kind="token")

        monkeypatch.setattr(access_tokens, "principal_of", as_token)

        for reply in (person.post(GRAVE), step_up(person, account)):
            assert reply.status == 403
            assert reply.error["details"]["reason"] == "session_required"

    @pytest.mark.parametrize(
        ("permission", "fresh"), [(PUBLIC, 60), ("account.read", 0), ("account.read", -1)]
    )
    def test_what_cannot_be_asked_for_is_refused_at_the_start(self, permission, fresh):
        blueprint = Blueprint("core", url_prefix="/x", tag="X")
        blueprint.endpoint("GET", "/y", permission=permission, fresh=fresh)(lambda reader: {})

        with pytest.raises(PluginFault, match=f"has fresh={fresh}: say seconds"):
            check_blueprint("core", blueprint, {"account.read": None}, {})

    @pytest.mark.parametrize(("age", "accepted"), [(-30, True), (0, True), (600, True), (600.5, False)])
    def test_the_age_decides(self, house, age, accepted):
        now = house.clock.now()
        principal = Principal("user", auth_time=now - timedelta(seconds=age))

        if accepted:
            demand_fresh(principal, 600, now)
        else:
            with pytest.raises(Forbidden):
                demand_fresh(principal, 600, now)


class TestStepUp:
    def test_the_password_makes_the_session_as_new(self, house):
        account = house.resident()
        person, _ = house.signed_in(account)
        other, _ = house.signed_in(account)
        house.clock.advance(1000)

        reply = step_up(person, account)

        now = house.clock.now()
        assert reply.data == {"auth_time": shown(now), "fresh_until": shown(now + timedelta(seconds=600))}
        assert [person.post(GRAVE).status, other.post(GRAVE).status] == [200, 403]
        (event,) = house.events_of(account.id, "session.confirmed")
        assert event["aggregate_id"] == event["session_id"] == house.sessions(account)[0]["id"]

    def test_it_makes_the_session_no_longer(self, house):
        account = house.resident()
        person, token = house.signed_in(account)
        for _ in range(5):
            house.clock.advance(6 * 86_400)
            reply = house.refresh(token)
            if reply.status == 200:
                token, person.token = reply.data["refresh_token"], reply.data["access_token"]
                assert step_up(person, account).status == 200

        assert reply.status == 401

    def test_a_wrong_password_is_refused_and_written_down(self, house):
        account = house.resident()
        person, _ = house.signed_in(account)
        house.clock.advance(301)

        reply = step_up(person, account, password="Wrong-Horse-77")

        assert reply.faults == {"password"}
        assert person.post(GRAVE).status == 403
        (event,) = house.events_of(account.id, "user.login_failed")
        assert event["payload"]["reason"] == "wrong_current_password"

    def test_guessing_ends_after_five(self, house):
        account = house.resident()
        person, _ = house.signed_in(account)

        replies = [step_up(person, account, password="Wrong-Horse-77").status for _ in range(6)]

        assert replies == [422] * 5 + [429]
        assert step_up(person, account).status == 429

    def test_where_there_is_a_factor_it_is_asked_for_each_time(self, house):
        account = house.resident()
        person, _ = house.signed_in(account)
        app = pyotp.TOTP(person.post(GRAVE).data["secret"])
        person.post("/api/v1/auth/mfa/confirm", {"totp_code": app.at(house.clock.now())})
        house.clock.advance(60)

        assert step_up(person, account).faults == {"totp_code"}
        assert step_up(person, account, totp_code="000000").faults == {"totp_code"}
        assert step_up(person, account, totp_code=app.at(house.clock.now())).status == 200
        assert house.sessions(account)[0]["amr"] == ["pwd", "otp", "mfa"]

    def test_an_account_without_a_password_signs_in_again(self, house):
        account = house.resident()
        person, _ = house.signed_in(account)
        with house.world.kernel.db.write(Scope.system()) as uow:
            uow.execute(update(User).where(User.id == account.id).values(password_hash=None))

        reply = step_up(person, account)

        assert (reply.status, reply.error["details"]) == (403, {"reason": "sign_in_required"})

    def test_a_session_that_is_over_stays_over(self, house):
        account = house.resident()
        person, _ = house.signed_in(account)
        person.post(LOGOUT)

        assert step_up(person, account).status == 401

    def test_every_field_at_fault_is_named(self, house):
        person, _ = house.signed_in(house.resident())

        assert person.post(STEP_UP, {}).faults == {"password"}
        assert person.post(STEP_UP, {"password": 7, "more": 1}).faults == {"password", "more"}
        assert person.post(STEP_UP, {"password": "n" * 1025}).faults == {"password"}
        assert house.post(STEP_UP, {"password": "x"}).status == 401
